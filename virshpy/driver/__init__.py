"""The contract between everything above (api, shell) and everything below (drivers): libvirt's driver table."""
