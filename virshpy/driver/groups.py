"""Which rows there are, by group, and where each group is declared. A row is found here without loading the others."""

from __future__ import annotations

GROUPS = {
    "domain": ("virshpy.driver.domain:DomainOperations", """
        domain_lookup_by_name domain_lookup_by_uuid_string domain_lookup_by_id connect_list_all_domains
        connect_get_all_domain_stats domain_get_autostart domain_get_state domain_get_info
        domain_get_xml_desc domain_get_os_type domain_is_active domain_is_persistent domain_is_updated
        domain_has_managed_save_image domain_get_control_info domain_get_messages
        domain_get_security_label_list domain_open_console
        """),
    "life": ("virshpy.driver.domain.life:LifeOperations", """
        domain_define_xml_flags domain_undefine_flags domain_rename domain_set_autostart domain_set_metadata
        domain_get_metadata domain_create_xml domain_create_with_flags domain_create_with_files
        domain_create_xml_with_files domain_destroy_flags domain_suspend domain_resume domain_shutdown_flags
        domain_reboot domain_reset
        """),
    "devices": ("virshpy.driver.domain.devices:DeviceOperations", """
        domain_attach_device_flags domain_detach_device_flags domain_detach_device_alias
        domain_update_device_flags domain_interface_stats domain_interface_addresses
        domain_get_interface_parameters domain_set_interface_parameters domain_add_iothread domain_del_iothread
        domain_get_iothread_info domain_set_iothread_params domain_pin_iothread domain_open_channel
        domain_open_graphics domain_open_graphics_fd domain_graphics_reload domain_fd_associate
        domain_screenshot domain_send_key domain_send_process_signal domain_inject_nmi
        """),
    "tuning": ("virshpy.driver.domain.tuning:TuningOperations", """
        domain_get_max_memory domain_set_max_memory domain_set_memory_flags domain_set_memory_stats_period
        domain_memory_stats domain_memory_peek domain_get_memory_parameters domain_set_memory_parameters
        domain_get_numa_parameters domain_set_numa_parameters domain_get_blkio_parameters
        domain_set_blkio_parameters domain_get_scheduler_type domain_get_scheduler_parameters_flags
        domain_set_scheduler_parameters_flags domain_get_max_vcpus domain_get_vcpus domain_get_vcpus_flags
        domain_set_vcpus_flags domain_set_vcpu domain_get_vcpu_pin_info domain_pin_vcpu_flags
        domain_get_emulator_pin_info domain_pin_emulator domain_get_cpu_stats domain_get_perf_events
        domain_set_perf_events domain_set_lifecycle_action domain_get_launch_security_info
        domain_set_launch_security_state domain_start_dirty_rate_calc domain_set_autostart_once
        domain_get_autostart_once
        """),
    "block": ("virshpy.driver.domain.block:BlockOperations", """
        domain_block_stats_flags domain_get_block_info domain_block_resize domain_block_peek
        domain_get_disk_errors domain_get_block_io_tune domain_set_block_io_tune domain_set_throttle_group
        domain_del_throttle_group domain_set_block_threshold domain_block_pull domain_block_rebase
        domain_block_commit domain_block_copy domain_get_block_job_info domain_block_job_abort
        domain_block_job_set_speed domain_backup_begin domain_backup_get_xml_desc
        """),
    "saving": ("virshpy.driver.domain.saving:SavingOperations", """
        domain_save_flags domain_save_params domain_restore_flags domain_restore_params
        domain_save_image_get_xml_desc domain_save_image_define_xml domain_managed_save
        domain_managed_save_remove domain_managed_save_get_xml_desc domain_managed_save_define_xml
        domain_core_dump_with_format domain_pm_suspend_for_duration domain_pm_wakeup domain_get_job_info
        domain_get_job_stats domain_abort_job_flags domain_migrate_begin3_params domain_migrate_prepare3_params
        domain_migrate_prepare_tunnel3_params domain_migrate_perform3_params domain_migrate_finish3_params
        domain_migrate_confirm3_params domain_migrate_to_uri3
        domain_migrate_get_max_downtime domain_migrate_set_max_downtime domain_migrate_get_max_speed
        domain_migrate_set_max_speed domain_migrate_get_compression_cache domain_migrate_set_compression_cache
        domain_migrate_start_post_copy
        """),
    "agent": ("virshpy.driver.domain.agent:AgentOperations", """
        domain_agent_set_response_timeout domain_authorized_ssh_keys_get domain_authorized_ssh_keys_set
        domain_fs_freeze domain_fs_thaw domain_fs_trim domain_get_fs_info domain_get_guest_info
        domain_get_guest_vcpus domain_set_guest_vcpus domain_get_hostname domain_get_time domain_set_time
        domain_set_user_password domain_qemu_agent_command
        """),
    "snapshot": ("virshpy.driver.domain.snapshot:SnapshotOperations", """
        domain_snapshot_create_xml domain_snapshot_lookup_by_name domain_snapshot_current
        domain_has_current_snapshot domain_list_all_snapshots domain_snapshot_list_all_children
        domain_snapshot_get_parent domain_snapshot_get_xml_desc domain_snapshot_has_metadata
        domain_snapshot_is_current domain_revert_to_snapshot domain_snapshot_delete
        """),
    "checkpoint": ("virshpy.driver.domain.checkpoint:CheckpointOperations", """
        domain_checkpoint_create_xml domain_checkpoint_lookup_by_name domain_list_all_checkpoints
        domain_checkpoint_list_all_children domain_checkpoint_get_parent domain_checkpoint_get_xml_desc
        domain_checkpoint_delete
        """),
    "hypervisor": ("virshpy.driver.domain.hypervisor:HypervisorOperations", """
        domain_qemu_attach domain_qemu_monitor_command domain_qemu_monitor_command_with_files
        domain_lxc_open_namespace domain_lxc_enter_namespace
        """),
    "connection": ("virshpy.driver.connection:ConnectionOperations", """
        connect_get_type connect_get_version connect_get_lib_version connect_get_hostname connect_get_uri
        connect_get_max_vcpus connect_get_sysinfo connect_is_alive connect_is_encrypted connect_is_secure
        connect_get_capabilities connect_get_domain_capabilities connect_domain_xml_to_native
        connect_domain_xml_from_native connect_set_keep_alive connect_set_identity
        connect_register_close_callback connect_unregister_close_callback
        """),
    "events": ("virshpy.driver.events:EventOperations", """
        connect_domain_event_register_any connect_domain_event_deregister_any connect_network_event_register_any
        connect_network_event_deregister_any connect_storage_pool_event_register_any
        connect_storage_pool_event_deregister_any connect_node_device_event_register_any
        connect_node_device_event_deregister_any connect_secret_event_register_any
        connect_secret_event_deregister_any connect_domain_qemu_monitor_event_register
        connect_domain_qemu_monitor_event_deregister
        """),
    "node": ("virshpy.driver.node:NodeOperations", """
        node_get_info node_get_security_model node_get_free_memory node_get_cells_free_memory
        node_get_free_pages node_alloc_pages node_get_cpu_map node_get_cpu_stats node_get_memory_stats
        node_get_memory_parameters node_set_memory_parameters node_get_sev_info node_suspend_for_duration
        """),
    "processors": ("virshpy.driver.processors:ProcessorOperations", """
        connect_get_cpu_model_names connect_compare_cpu connect_compare_hypervisor_cpu connect_baseline_cpu
        connect_baseline_hypervisor_cpu connect_get_hypervisor_cpu_model_names
        """),
    "network": ("virshpy.driver.network:NetworkOperations", """
        connect_list_all_networks network_lookup_by_name network_lookup_by_uuid_string network_define_xml_flags
        network_create_xml_flags network_undefine network_create network_destroy network_update
        network_get_xml_desc network_get_bridge_name network_get_autostart network_set_autostart
        network_is_active network_is_persistent network_get_dhcp_leases network_set_metadata
        network_get_metadata network_list_all_ports network_port_lookup_by_uuid_string network_port_create_xml
        network_port_delete network_port_get_xml_desc network_port_get_parameters network_port_set_parameters
        """),
    "storage": ("virshpy.driver.storage:StorageOperations", """
        connect_list_all_storage_pools connect_find_storage_pool_sources connect_get_storage_pool_capabilities
        storage_pool_lookup_by_name storage_pool_lookup_by_uuid_string storage_pool_lookup_by_target_path
        storage_pool_lookup_by_volume storage_pool_define_xml storage_pool_create_xml storage_pool_undefine
        storage_pool_build storage_pool_create storage_pool_destroy storage_pool_delete storage_pool_refresh
        storage_pool_get_info storage_pool_get_xml_desc storage_pool_get_autostart storage_pool_set_autostart
        storage_pool_is_active storage_pool_is_persistent storage_pool_num_of_volumes
        storage_pool_list_all_volumes storage_vol_lookup_by_name storage_vol_lookup_by_key
        storage_vol_lookup_by_path storage_vol_create_xml storage_vol_create_xml_from storage_vol_delete
        storage_vol_wipe storage_vol_wipe_pattern storage_vol_resize storage_vol_upload storage_vol_download
        storage_vol_get_info_flags storage_vol_get_xml_desc storage_vol_get_path
        """),
    "interface": ("virshpy.driver.interface:InterfaceOperations", """
        connect_list_all_interfaces interface_lookup_by_name interface_lookup_by_mac_string interface_define_xml
        interface_undefine interface_create interface_destroy interface_get_xml_desc interface_is_active
        interface_change_begin interface_change_commit interface_change_rollback
        """),
    "nodedev": ("virshpy.driver.nodedev:NodeDeviceOperations", """
        connect_list_all_node_devices node_num_of_devices node_device_lookup_by_name
        node_device_lookup_scsi_host_by_wwn node_device_get_xml_desc node_device_get_parent
        node_device_list_caps node_device_create_xml node_device_define_xml node_device_update
        node_device_create node_device_destroy node_device_undefine node_device_detach_flags
        node_device_re_attach node_device_reset node_device_get_autostart node_device_set_autostart
        node_device_is_active node_device_is_persistent
        """),
    "secret": ("virshpy.driver.secret:SecretOperations", """
        connect_list_all_secrets secret_lookup_by_uuid_string secret_lookup_by_usage secret_define_xml
        secret_undefine secret_get_xml_desc secret_get_value secret_set_value
        """),
    "nwfilter": ("virshpy.driver.nwfilter:NWFilterOperations", """
        connect_list_all_nwfilters nwfilter_lookup_by_name nwfilter_lookup_by_uuid_string
        nwfilter_define_xml_flags nwfilter_undefine nwfilter_get_xml_desc connect_list_all_nwfilter_bindings
        nwfilter_binding_lookup_by_port_dev nwfilter_binding_create_xml nwfilter_binding_delete
        nwfilter_binding_get_xml_desc
        """),
}  # fmt: skip
