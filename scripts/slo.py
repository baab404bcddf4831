"""The measures of success beside what was promised. What was not measured was neither kept nor broken."""

from __future__ import annotations

# Record, what people call it, the promise, its unit, and whether more is better.
PROMISES = (
    ("slo:uptime:ratio30d", "uptime, 30 days", 99.9, "%", True),
    ("slo:response_time:seconds_p95_1d", "response time, 95 of 100 in a day", 200, "ms", False),
    ("slo:replication_lag:seconds_max1h", "replication lag, worst in an hour", 1, "s", False),
    ("slo:backup_age:seconds", "age of the last good backup", 26, "h", False),
    ("slo:restore_time:seconds", "time to restore (RTO), measured", 60, "min", False),
    ("slo:data_at_risk:seconds_max1h", "unarchived (RPO), worst in an hour", 120, "s", False),
    ("slo:physical_restore_time:seconds", "time to any second (RTO), measured", 60, "min", False),
)
OF_THE_CLUSTER = (
    "slo:replication_lag:seconds_max1h",
    "slo:data_at_risk:seconds_max1h",
    "slo:physical_restore_time:seconds",
)
# From what Prometheus has (ratios and seconds) to the unit.
FACTORS = {"%": 100, "ms": 1000, "s": 1, "h": 1 / 3600, "min": 1 / 60}


def rows(samples: list[dict]) -> list[dict]:
    """One row for each measure and environment, also where nobody took it, such as the time to restore of one that no drill restored.

    :arg samples: the vector that Prometheus answered.
    """
    environments = sorted({sample["metric"].get("environment", "") for sample in samples} - {""})
    found = []
    for record, name, limit, unit, more in PROMISES:
        taken: list[tuple[str, float | None]] = sorted(
            (sample["metric"].get("environment", ""), float(sample["value"][1]) * FACTORS[unit])
            for sample in samples
            if sample["metric"]["__name__"] == record
        )
        # What is measured of the whole cluster has no environment.
        missing = (
            set(environments) - {environment for environment, _value in taken}
            if record not in OF_THE_CLUSTER
            else set()
        )
        taken = sorted([*taken, *((environment, None) for environment in missing)], key=lambda pair: pair[0])
        for environment, value in taken or [("", None)]:
            kept = None if value is None else (value >= limit if more else value <= limit)
            found.append(
                {
                    "measure": name,
                    "environment": environment,
                    "value": value,
                    "limit": limit,
                    "unit": unit,
                    "kept": kept,
                }
            )
    return found


def table(measures: list[dict]) -> str:
    lines = [f"{'MEASURE':36} {'ENVIRONMENT':14} {'MEASURED':>12} {'PROMISED':>12}  KEPT"]
    words = {True: "yes", False: "NO", None: "not measured"}
    for row in measures:
        sign = ">=" if row["unit"] == "%" else "<="
        value = "-" if row["value"] is None else f"{row['value']:.2f} {row['unit']}"
        promised = f"{sign} {row['limit']:g} {row['unit']}"
        lines.append(
            f"{row['measure']:36} {row['environment'] or '-':14} {value:>12} {promised:>12}  {words[row['kept']]}"
        )
    return "\n".join(lines)
