from __future__ import annotations

from tuner.training.callbacks import TargetUnits


def test_errors_are_scaled_and_losses_are_not() -> None:
    logs = {"loss": 1.0, "rmse": 1.0, "mae": 2.0, "val_loss": 3.0, "val_rmse": 4.0, "val_mae": 5.0}
    TargetUnits(10.0).on_epoch_end(0, logs)
    assert logs == {"loss": 1.0, "rmse": 10.0, "mae": 20.0, "val_loss": 3.0, "val_rmse": 40.0, "val_mae": 50.0}


def test_the_metrics_of_classes_are_left_alone() -> None:
    logs = {"val_log_loss": 0.5, "val_accuracy": 0.75}
    TargetUnits(10.0).on_epoch_end(0, logs)
    assert logs == {"val_log_loss": 0.5, "val_accuracy": 0.75}
