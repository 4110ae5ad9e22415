"""The tables of a report, one file each; `actbench.report.registry` lists them."""
