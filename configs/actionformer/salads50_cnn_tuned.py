# At the cost of salads50_cnn.py, with what tools/suggest_config.py chose for the data: short
# windows, levels after the durations of instances, noise and dropout, averaged weights.
_base_ = ["../_base_/small.py", "../_base_/datasets/salads50.py"]
max_seq_len = 832
warmup_epochs = 4
# fmt: off
channel_mean = [
    0.04229, -0.01608, -0.4165, -0.8887, -0.6558, 0.02561, -0.3152, -0.131, 0.4596, -1.156, -1.323,
    -0.5775, -0.239, -1.293, -0.2642, -0.8635, 0.1836, -0.03048, -0.1465, -0.06779, -0.1674,
    -0.4935, -0.6116, 0.5489, 0.01186, -0.2873, -0.7229, -1.171, -0.4534, -0.2132, 0.1925, -0.1366,
    -1.436, -0.9569, -0.2807, -1.477, 0.1355, -1.075, 0.01264, -1.055, 0.4064, 0.5336, -1.459,
    0.5295, -0.8768, -1.191, -1.446, -0.2018, -0.8151, -1.148, 0.04497, -0.8386, -1.277, 0.6744,
    -0.3618, -1.285, 0.3727, -1.003, -0.6566, 1.733, -0.5534, -1.137, -0.7401, -0.1031, -1.323,
    0.05953, 0.2537, -0.6417, -0.8475, 1.24, -0.662, -0.1199, -0.3805, -0.4461, -0.3126, -0.8573,
    -0.4592, 0.865, 1.05, 0.006689, -0.9816, -0.8736, -0.3201, -0.898, -0.5478, -0.5839, 0.9055,
    -0.4885, -1.326, -0.1146, -0.7856, -1.333, -0.8222, -0.7687, 0.414, -0.302, -1.972, -0.8645,
    -0.9905, -0.3868, -0.4592, -0.3597, 0.02284, -0.2682, -1.272, -1.18, -1.315, -0.4409, -1.283,
    -0.4107, -1.505, 2.294, -1.969, -1.011, 0.3265, -1.582, -0.1154, -1.001, -0.7949, -0.8125,
    0.2525, -1.752, 0.2516, -1.428, -0.967, -1.65, -1.221, -0.9995,
]
channel_std = [
    2.198, 2.243, 2.157, 1.778, 1.855, 2.516, 2.034, 1.846, 2.188, 2.361, 2.547, 1.975, 2.289,
    1.71, 2.306, 1.841, 2.39, 2.203, 1.829, 2.115, 2.046, 1.8, 2.219, 1.777, 2.045, 2.476, 2.231,
    1.972, 1.821, 2.199, 2.318, 2.464, 1.759, 2.09, 2.223, 2.172, 2.309, 1.64, 2.676, 2.728, 2.258,
    3.372, 2.113, 2.2, 2.336, 2.094, 2.264, 2.3, 2.218, 2.289, 2.006, 2.175, 2.073, 2.358, 1.719,
    1.984, 2.111, 1.992, 1.912, 3.295, 2.076, 1.844, 2.181, 1.622, 1.961, 2.051, 2.244, 2.274,
    2.066, 2.847, 2.26, 1.938, 1.988, 2.058, 1.721, 2.477, 2.01, 2.581, 1.998, 2.103, 2.237, 1.828,
    1.637, 1.815, 2.653, 1.979, 2.139, 2.063, 2.03, 2.23, 1.753, 2.094, 1.893, 2.385, 2.034, 2.068,
    2.09, 2.056, 2.002, 2.121, 2.435, 2.042, 1.839, 2.142, 2.325, 2.072, 2.067, 2.381, 2.726,
    2.119, 1.891, 3.355, 2.033, 2.005, 1.944, 2.792, 2.714, 2.301, 2.258, 1.818, 2.619, 2.215,
    2.337, 1.79, 2.088, 2.034, 1.885, 2.042,
]
# fmt: on
load = [
    dict(type="LoadFeatures"),
    dict(type="TemporalStride", factor=2),
    dict(type="Normalize", mean=channel_mean, std=channel_std),
]
train_dataloader = dict(
    batch_size=3,
    dataset=dict(
        pipeline=[
            *load,
            dict(type="Truncate", max_len=max_seq_len, min_overlap=0.5, crop_ratio=(0.9, 1.0)),
            dict(type="FeatureNoise", std=0.3),
            dict(type="PackInputs"),
        ]
    ),
)
val_dataloader = test_dataloader = dict(dataset=dict(pipeline=[*load, dict(type="PackInputs")]))
model = dict(
    backbone=dict(in_channels=128, max_seq_len=max_seq_len, depths=(2, 2, 4), dropout=0.2),
    head=dict(
        num_classes=17,
        loss_normalizer=160,
        assigner=dict(regression_ranges=[(0, 4), (4, 8), (8, 16), (16, 32), (32, 10000)]),
        pre_nms_topk=2000,
        max_per_video=200,
    ),
)
train_cfg = dict(max_epochs=warmup_epochs + 54, val_interval=14)
param_scheduler = [
    dict(type="LinearLR", start_factor=1e-9, end=warmup_epochs, convert_to_iter_based=True),
    dict(
        type="CosineAnnealingLR",
        begin=warmup_epochs,
        eta_min=1e-8,
        convert_to_iter_based=True,
    ),
]
# The average looks back over some 50 steps.
custom_hooks = [dict(type="EMAHook", momentum=0.02)]
