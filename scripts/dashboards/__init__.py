"""Grafana's dashboards: one module each, with a function page(). scripts/render_dashboards.py writes them into the role monitoring."""
