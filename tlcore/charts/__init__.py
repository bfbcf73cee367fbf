"""Records in, Plotly figures out: each titled with its finding, in one house style, with a text for those who do not see it."""

from tlcore.charts.calibration import confidence_chart, reliability_chart, temperature_chart
from tlcore.charts.classes import per_class_chart
from tlcore.charts.comparison import difference_chart, score_by_strategy
from tlcore.charts.confusion import confusion_chart
from tlcore.charts.curves import learning_curves
from tlcore.charts.differences import class_change_chart, confusion_difference_chart
from tlcore.charts.efficiency import efficiency_chart, labels_saved_chart
from tlcore.charts.growth import growth_chart
from tlcore.charts.labels import class_balance_chart, class_shares_chart, probabilities_chart
from tlcore.charts.pareto import pareto_chart
from tlcore.charts.pictures import picture_sizes_chart
from tlcore.charts.shares import share_by_column_chart, share_over_time_chart
from tlcore.charts.side_by_side import side_by_side_chart
from tlcore.charts.style import alt_text
from tlcore.charts.time import time_chart

__all__ = [
    "alt_text",
    "class_balance_chart",
    "class_change_chart",
    "class_shares_chart",
    "confidence_chart",
    "confusion_chart",
    "confusion_difference_chart",
    "difference_chart",
    "efficiency_chart",
    "growth_chart",
    "labels_saved_chart",
    "learning_curves",
    "pareto_chart",
    "per_class_chart",
    "picture_sizes_chart",
    "probabilities_chart",
    "reliability_chart",
    "score_by_strategy",
    "share_by_column_chart",
    "share_over_time_chart",
    "side_by_side_chart",
    "temperature_chart",
    "time_chart",
]
