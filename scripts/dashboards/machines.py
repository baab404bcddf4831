"""Machines, their certificates and updates."""

from __future__ import annotations

from dashboards.page import GREEN, ORANGE, RED, Page

CHOSEN = 'machine=~"$machine"'
DISKS = f'{CHOSEN}, fstype!~"tmpfs|ramfs|squashfs|overlay"'
INTERFACES = f'{CHOSEN}, device!~"lo|veth.*|br-.*|docker.*"'


def page() -> Page:
    made = Page(
        "machines",
        "Machines",
        "Which machine runs out of something, or waits for somebody?",
        {"machine": "node_uname_info"},
    )
    made.stat(
        "Answers",
        "short",
        (f'up{{job="node", {CHOSEN}}}', "{{machine}}"),
        words={"0": ("no", RED), "1": ("yes", GREEN)},
        alerts=["MachineUnreachable"],
    )
    made.stat("Runs for", "s", (f"time() - node_boot_time_seconds{{{CHOSEN}}}", "{{machine}}"))
    made.stat(
        "Security updates that wait",
        "short",
        (f"sum by (machine, by) (machine_security_updates_pending{{{CHOSEN}}})", "{{machine}} {{by}}"),
        steps=[(1, ORANGE)],
        alerts=["SecurityUpdatesPending", "SecurityUpdatesNeedPatch"],
    )
    made.stat(
        "Reboot",
        "short",
        (f"machine_reboot_required{{{CHOSEN}}}", "{{machine}}"),
        words={"0": ("not needed", GREEN), "1": ("needed", ORANGE)},
        alerts=["RebootNeeded"],
    )
    made.row("Room")
    made.graph(
        "Processors in use",
        "percentunit",
        (
            f'1 - avg by (machine) (rate(node_cpu_seconds_total{{mode="idle", {CHOSEN}}}[$__rate_interval]))',
            "{{machine}}",
        ),
    )
    made.graph("Load, 5 minutes", "short", (f"node_load5{{{CHOSEN}}}", "{{machine}}"))
    made.graph(
        "Memory in use",
        "percentunit",
        (f"1 - node_memory_MemAvailable_bytes{{{CHOSEN}}} / node_memory_MemTotal_bytes{{{CHOSEN}}}", "{{machine}}"),
        limit=0.9,
        alerts=["MemoryNearlyFull"],
    )
    made.graph(
        "Disk in use",
        "percentunit",
        (
            f"1 - node_filesystem_avail_bytes{{{DISKS}}}"
            " / (node_filesystem_size_bytes - (node_filesystem_free_bytes - node_filesystem_avail_bytes))",
            "{{machine}} {{mountpoint}}",
        ),
        limit=0.8,
        alerts=["DiskNearlyFull"],
    )
    made.graph(
        "Disk busy",
        "percentunit",
        (f"rate(node_disk_io_time_seconds_total{{{CHOSEN}}}[$__rate_interval])", "{{machine}} {{device}}"),
    )
    made.graph(
        "Network",
        "Bps",
        (
            f"sum by (machine) (rate(node_network_receive_bytes_total{{{INTERFACES}}}[$__rate_interval]))",
            "{{machine}} in",
        ),
        (
            f"sum by (machine) (rate(node_network_transmit_bytes_total{{{INTERFACES}}}[$__rate_interval]))",
            "{{machine}} out",
        ),
    )
    made.row("Certificates and what is told")
    made.stat(
        "Certificates end in",
        "s",
        (f"machine_certificate_not_after_timestamp_seconds{{{CHOSEN}}} - time()", "{{machine}} {{certificate}}"),
        base=RED,
        steps=[(30 * 86400, GREEN)],
        alerts=["MachineCertificateExpiring"],
    )
    made.stat(
        "The authority ends in",
        "s",
        ("min(machine_authority_not_after_timestamp_seconds) - time()", ""),
        base=RED,
        steps=[(180 * 86400, GREEN)],
        alerts=["AuthorityExpiring"],
    )
    made.stat(
        "Authorities that are trusted",
        "short",
        (f"machine_authorities_trusted{{{CHOSEN}}}", "{{machine}}"),
        steps=[(2, ORANGE)],
        alerts=["AuthorityRenewalUnfinished"],
    )
    made.stat(
        "Asked for updates",
        "s",
        (f"time() - machine_package_lists_timestamp_seconds{{{CHOSEN}}}", "{{machine}} ago"),
        steps=[(7 * 86400, ORANGE)],
        alerts=["PackageListsOld"],
    )
    made.stat(
        "Text files",
        "short",
        (f"node_textfile_scrape_error{{{CHOSEN}}}", "{{machine}}"),
        words={"0": ("read", GREEN), "1": ("unreadable", RED)},
        alerts=["TextfileUnreadable"],
    )
    return made
