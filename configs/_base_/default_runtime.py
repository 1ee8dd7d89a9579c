default_scope = "mmtal"
randomness = dict(seed=1234567891)
env_cfg = dict(dist_cfg=dict(backend="nccl"))
default_hooks = dict(
    check=dict(type="SetupCheckHook"),
    seed=dict(type="SeedHook"),
    operating_point=dict(type="OperatingPointHook"),
    statistics=dict(type="FeatureStatisticsHook"),
    safe_checkpoint=dict(type="SafeCheckpointHook"),
    divergence=dict(type="DivergenceHook"),
    limits=dict(type="LimitsHook"),
    pictures=dict(type="PredictionPicturesHook", in_training=0),
    logger=dict(type="LoggerHook", interval=20),
    checkpoint=dict(type="CheckpointHook", interval=1, max_keep_ckpts=2, save_best="auto"),
)
visualizer = dict(
    type="Visualizer",
    vis_backends=[dict(type="LocalVisBackend"), dict(type="TensorboardVisBackend")],
)
log_processor = dict(by_epoch=True, window_size=20)
