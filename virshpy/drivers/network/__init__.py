"""Virtual networks: documents to links, addresses, a firewall and dnsmasq."""
