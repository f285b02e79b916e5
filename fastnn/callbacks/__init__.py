"""Callbacks: Keras's hooks into fit, evaluate and predict, and the ready-made ones."""

from fastnn.core.registry import lazy

NAMES = {
    "Callback": "callback", "CallbackList": "callback_list", "History": "history", "LambdaCallback": "lambda_callback",
    "EarlyStopping": "early_stopping", "ModelCheckpoint": "model_checkpoint", "ReduceLROnPlateau": "learning_rate",
    "LearningRateScheduler": "learning_rate", "CSVLogger": "csv_logger", "TerminateOnNaN": "terminate_on_nan",
    "BackupAndRestore": "backup_and_restore", "SwapEMAWeights": "swap_ema_weights", "ProgbarLogger": "progbar_logger",
    "Progbar": "progbar", "MonitorCallback": "monitor", "TensorBoard": "tensorboard",
    "RemoteMonitor": "remote_monitor", "OrbaxCheckpoint": "orbax_checkpoint",
}  # fmt: skip
__getattr__, __dir__, __all__ = lazy(__name__, NAMES)
