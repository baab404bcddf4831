"""What all dashboards have in common: where they ask, how a panel looks, and which alerts are about it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from grafana_foundation_sdk.builders import common, stat, table, text, timeseries
from grafana_foundation_sdk.builders import dashboard as builders
from grafana_foundation_sdk.builders.prometheus import Dataquery
from grafana_foundation_sdk.models import dashboard
from grafana_foundation_sdk.models.common import (
    BigValueColorMode,
    BigValueGraphMode,
    BigValueTextMode,
    DataSourceRef,
    GraphThresholdsStyleMode,
    LegendDisplayMode,
    LegendPlacement,
    TooltipDisplayMode,
)
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

# As roles/monitoring/templates/grafana/datasources.yml.j2 names it.
PROMETHEUS = DataSourceRef(type_val="prometheus", uid="prometheus")
TAG = "plannerate"
# The role puts the page of the installation into its place.
RUNBOOK = "https://github.com/callcocam/plannerate/blob/main/docs/runbooks/alerts.md"
GREEN, RED, ORANGE = "green", "red", "orange"
WIDTH = 24

# An expression, and what its series are called in the legend.
Query = tuple[str, str]


class Page:
    """One dashboard.

    :arg uid: its name in URLs, which stays.
    :arg question: what somebody who opens it wants to know.
    :arg variables: labels by which it is narrowed down, each with a metric that has them.
    """

    def __init__(self, uid: str, title: str, question: str, variables: dict[str, str] | None = None) -> None:
        self.uid = uid
        self.question = question
        # Which panel an alert leads to.
        self.alerts: dict[str, int] = {}
        self._panels = 0
        self._builder = (
            builders.Dashboard(title)
            .uid(uid)
            .description(question)
            .tags([TAG])
            .readonly()
            .refresh("30s")
            .time("now-6h", "now")
            .timezone("browser")
            .tooltip(dashboard.DashboardCursorSync.CROSSHAIR)
            .link(
                builders.DashboardLink("Dashboards")
                .type(dashboard.DashboardLinkType.DASHBOARDS)
                .tags([TAG])
                .as_dropdown(True)
                .keep_time(True)
            )
            .annotation(_deployments())
        )
        for label, metric in (variables or {}).items():
            self._builder.with_variable(_variable(label, metric))
        question_panel = text.Panel().content(f"### {question}").transparent(True)
        self._add(question_panel, "", WIDTH, 2)

    def row(self, title: str) -> Page:
        self._panels += 1
        self._builder.with_row(builders.Row(title).id(self._panels))
        return self

    def graph(
        self,
        title: str,
        unit: str,
        *queries: Query,
        limit: float | None = None,
        alerts: Sequence[str] = (),
        width: int = 8,
    ) -> Page:
        """Lines over time.

        :arg limit: above it the lines are red.
        """
        panel = (
            timeseries.Panel()
            .unit(unit)
            .min(0)
            .fill_opacity(10)
            .thresholds(_steps(GREEN, () if limit is None else ((limit, RED),)))
            .legend(
                common.VizLegendOptions()
                .display_mode(LegendDisplayMode.LIST)
                .placement(LegendPlacement.BOTTOM)
                .show_legend(True)
            )
            .tooltip(common.VizTooltipOptions().mode(TooltipDisplayMode.MULTI))
        )
        if limit is not None:
            panel.thresholds_style(common.GraphThresholdsStyleConfig().mode(GraphThresholdsStyleMode.LINE))
        return self._queried(panel, title, queries, alerts, width, 8)

    def stat(
        self,
        title: str,
        unit: str,
        *queries: Query,
        base: str = GREEN,
        steps: Sequence[tuple[float, str]] = (),
        words: dict[str, tuple[str, str]] | None = None,
        alerts: Sequence[str] = (),
        width: int = 6,
    ) -> Page:
        """The newest values, in the colour of what they mean.

        :arg base: the colour below the first of the steps.
        :arg words: values that are shown as a text in a colour.
        """
        mapped: list[dashboard.ValueMapping] = [
            dashboard.ValueMap({value: dashboard.ValueMappingResult(text=word, color=colour)})
            for value, (word, colour) in (words or {}).items()
        ]
        panel = (
            stat.Panel()
            .unit(unit)
            .thresholds(_steps(base, steps))
            .mappings(mapped)
            .color_mode(BigValueColorMode.BACKGROUND)
            .graph_mode(BigValueGraphMode.NONE)
            .text_mode(BigValueTextMode.VALUE_AND_NAME)
            .reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]))
            .no_value("not measured")
        )
        return self._queried(panel, title, queries, alerts, width, 5, instant=True)

    def table(self, title: str, query: str, *, hidden: Sequence[str] = (), width: int = 12) -> Page:
        """The labels of each series, without those that say nothing here."""
        organize = dashboard.DataTransformerConfig(
            id_val="organize",
            options={"excludeByName": dict.fromkeys(["Time", "__name__", "instance", "job", *hidden], True)},
        )
        panel = table.Panel().with_transformation(organize).no_value("none")
        return self._queried(panel, title, [(query, "")], (), width, 8, instant=True, rows=True)

    def build(self) -> dashboard.Dashboard:
        return self._builder.build()

    def _queried(
        self,
        panel: Any,
        title: str,
        queries: Sequence[Query],
        alerts: Sequence[str],
        width: int,
        height: int,
        *,
        instant: bool = False,
        rows: bool = False,
    ) -> Page:
        panel.datasource(PROMETHEUS)
        for number, (expression, legend) in enumerate(queries):
            query = Dataquery().ref_id(chr(ord("A") + number)).datasource(PROMETHEUS).expr(expression)
            query.legend_format(legend)
            query.instant() if instant else query.range()
            panel.with_target(query.format(PromQueryFormat.TABLE) if rows else query)
        if alerts:
            panel.links(
                [builders.DashboardLink(alert).url(f"{RUNBOOK}#{alert.lower()}").target_blank(True) for alert in alerts]
            )
        self._add(panel, title, width, height)
        self.alerts |= dict.fromkeys(alerts, self._panels)
        return self

    def _add(self, panel: Any, title: str, width: int, height: int) -> None:
        self._panels += 1
        self._builder.with_panel(panel.id(self._panels).title(title).span(width).height(height))


def _steps(base: str, steps: Sequence[tuple[float, str]]) -> builders.ThresholdsConfig:
    colours = [dashboard.Threshold(None, base), *(dashboard.Threshold(value, colour) for value, colour in steps)]
    return builders.ThresholdsConfig().mode(dashboard.ThresholdsMode.ABSOLUTE).steps(colours)


def _variable(label: str, metric: str) -> builders.QueryVariable:
    return (
        builders.QueryVariable(label)
        .datasource(PROMETHEUS)
        .query(f"label_values({metric}, {label})")
        .refresh(dashboard.VariableRefresh.ON_TIME_RANGE_CHANGED)
        .multi(True)
        .include_all(True)
        .all_value(".*")
        .current(dashboard.VariableOption(selected=True, text="All", value="$__all"))
    )


def _deployments() -> builders.AnnotationQuery:
    """When something was deployed: the value of the series is the moment, in seconds."""
    return (
        builders.AnnotationQuery()
        .name("Deployments")
        .datasource(PROMETHEUS)
        .enable(True)
        .icon_color("blue")
        .expr(
            "1000 * deployment_last_timestamp_seconds"
            " * on (environment, machine) group_left (kind, release) (deployment_last_rolled_back >= bool 0)"
        )
        .use_value_for_time(True)
        .title_format("{{environment}}: {{kind}} of {{release}}")
    )
