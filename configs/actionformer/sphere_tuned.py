# At the cost of sphere.py, with what tools/suggest_config.py chose for the data: short
# windows, levels after the durations of instances, noise and dropout, averaged weights.
_base_ = ["../_base_/tuned.py", "../_base_/datasets/sphere.py"]
max_seq_len = 512
warmup_epochs = 15
# fmt: off
channel_mean = [
    -0.0154, -0.0155, -0.01361, -0.01225, -0.01218, -0.01313, -0.01233, -0.01119, -0.01196,
    -0.0119, -0.01387, -0.01415, -0.01406, -0.01369, -0.01487, -0.01555, -0.01582, -0.01397,
    -0.01263, -0.01193, 0.1345, 0.135, 0.1345, 0.135, 0.1342, 0.1337, 0.1335, 0.1349, 0.1345,
    0.1327, 0.1335, 0.1349, 0.1346, 0.1356, 0.1354, 0.1345, 0.1351, 0.1351, 0.1356, 0.1346, 0.282,
    0.2815, 0.2815, 0.2817, 0.2814, 0.2823, 0.2809, 0.2803, 0.2798, 0.2799, 0.28, 0.2798, 0.279,
    0.28, 0.2808, 0.2821, 0.2818, 0.281, 0.2812, 0.2813, -1.064, -1.041, -1.029, -1.165, 0.02028,
    0.00564, 0.005037, 0.001525, 0.003123, 0.0004145, -0.001534, 0.01399, 0.1744, 0.04087, 0.02518,
    0.01401, 0.0316, -0.001945, 0.01268, 0.1118, 0.3103, 0.08791, 0.04451, 0.03397, 0.0513,
    0.01317, 0.01697, 0.1751, 0.02363, 0.009429, 0.05624, 0.01551, 0.06852, 0.09988, 0.0228,
    0.03344, 0.02253,
]
channel_std = [
    0.6238, 0.6253, 0.6258, 0.6261, 0.6261, 0.6249, 0.6248, 0.6242, 0.6265, 0.6256, 0.6241, 0.6237,
    0.6238, 0.6236, 0.6245, 0.6243, 0.626, 0.6267, 0.6263, 0.6256, 0.6117, 0.6107, 0.6086, 0.607,
    0.6076, 0.6073, 0.6065, 0.6068, 0.6078, 0.6074, 0.6083, 0.6076, 0.6079, 0.6078, 0.61, 0.6114,
    0.6103, 0.6092, 0.6071, 0.6075, 0.4228, 0.424, 0.4226, 0.4214, 0.4212, 0.4235, 0.4214, 0.4228,
    0.4202, 0.4194, 0.4216, 0.4222, 0.4211, 0.42, 0.4226, 0.4224, 0.4237, 0.4223, 0.4213, 0.4213,
    0.2067, 0.2146, 0.1868, 0.09788, 0.141, 0.04024, 0.03552, 0.01197, 0.02293, 0.01113, 0.01282,
    0.1053, 0.3795, 0.09341, 0.05837, 0.03235, 0.06999, 0.03123, 0.03766, 0.2473, 0.4626, 0.1351,
    0.06898, 0.0541, 0.08163, 0.04321, 0.03385, 0.2642, 0.1519, 0.09664, 0.2304, 0.1236, 0.2526,
    0.2998, 0.1493, 0.1798, 0.1484,
]
# fmt: on
load = [
    dict(type="LoadFeatures"),
    dict(type="Normalize", mean=channel_mean, std=channel_std),
]
train_dataloader = dict(
    batch_size=4,
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
    backbone=dict(in_channels=97, max_seq_len=max_seq_len),
    head=dict(
        num_classes=20,
        loss_normalizer=420,
        pre_nms_topk=5000,
        max_per_video=1700,
    ),
)
train_cfg = dict(max_epochs=warmup_epochs + 224, val_interval=59)
param_scheduler = [
    dict(type="LinearLR", start_factor=1e-9, end=warmup_epochs, convert_to_iter_based=True),
    dict(
        type="CosineAnnealingLR",
        begin=warmup_epochs,
        eta_min=1e-8,
        convert_to_iter_based=True,
    ),
]
