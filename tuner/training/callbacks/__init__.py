"""What happens around each epoch of one Keras `fit`, one callback for each idea.

Their order matters, since each sees what the ones before it did: `RowOrder`, `TargetUnits`, `OutputMetrics`,
`CourseDriver`, `Reporting`, `HandingBack`. None of them ends a training by an exception, so that each gets every call,
and none of them decides anything: that is what `tuner.training.course` is for.
"""

from __future__ import annotations

from tuner.training.callbacks.course_driver import CourseDriver
from tuner.training.callbacks.handing_back import HandingBack
from tuner.training.callbacks.output_metrics import OutputMetrics
from tuner.training.callbacks.reporting import Reporting
from tuner.training.callbacks.row_order import RowOrder
from tuner.training.callbacks.target_units import TargetUnits

__all__ = ["CourseDriver", "HandingBack", "OutputMetrics", "Reporting", "RowOrder", "TargetUnits"]
