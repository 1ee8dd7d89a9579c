"""The official recipes as the paper and the release have them, written out once more on purpose.

``test_configs.py`` compares the configs with this table, and this table with the golden files.
"""

SHARED = dict(
    kernels={1, 3},
    head_convs=3,
    neck="IdentityNeck",
    weight_decay=0.05,
    clip_grad=dict(max_norm=1.0, norm_type=2),
    warmup_epochs=5,
    drop_path=0.1,
    prior_prob=0.01,
    center_radius=1.5,
    crop_ratio=(0.9, 1.0),
    nms_method="gaussian",
    score_thr=0.001,
    min_score=0.001,
    ema_momentum=0.001,
    seed=1234567891,
    alpha_gamma_momentum=(0.25, 2.0, 0.9),
    drop_last=True,
    shuffle=True,
    label_smoothing=0.0,
    dropout=0.0,
    loss_weight=1.0,
    class_agnostic=False,
    voting_thr=None,
    external_scores=None,
    file_prefix="",
    file_ext=".npy",
    resized=False,
    abs_pos=False,
    num_heads=4,
    depths=(2, 2, 5),
    lr=1e-4,
    batch_size=2,
    min_duration=0.05,
)
NARROW = [(0, 4), (4, 8), (8, 16), (16, 32), (32, 64), (64, 10000)]
OVERLAPPING = [(0, 4), (2, 8), (4, 16), (8, 32), (16, 64), (32, 128), (64, 256), (128, 10000)]


def overlapping(levels: int) -> list[tuple[float, float]]:
    return [*OVERLAPPING[: levels - 1], (OVERLAPPING[levels - 1][0], 10000)]


THUMOS = dict(
    num_classes=20,
    in_channels=[2048],
    feature_stride=4,
    snippet_frames=16,
    fps=None,  # from the annotations
    max_seq_len=2304,
    min_overlap=0.5,
    windows=[19] * 6,
    width=512,
    ranges=NARROW,
    epochs=30,
    loss_normalizer=100,
    sigma=0.5,
    pre_nms_topk=2000,
    max_per_video=200,
    tious=[0.3, 0.4, 0.5, 0.6, 0.7],
    subsets=("validation", "test"),
    ann_file="annotations/thumos14.json",
    features=["i3d_features"],
)
ANET = dict(
    num_classes=1,
    feature_stride=16,
    snippet_frames=16,
    max_seq_len=192,
    resized=True,
    min_overlap=0.5,
    windows=[7, 7, 7, 7, 7, -1],
    width=256,
    ranges=NARROW,
    abs_pos=True,
    lr=1e-3,
    epochs=10,
    batch_size=16,
    loss_normalizer=200,
    loss_weight=2.0,
    label_smoothing=0.1,
    class_agnostic=True,
    sigma=0.75,
    voting_thr=0.9,
    pre_nms_topk=2000,
    max_per_video=100,
    min_duration=0.001,
    external_scores="cuhk_val_simp_share.json",
    tious=[0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95],
    subsets=("training", "validation"),
    file_prefix="v_",
)
EPIC = dict(
    in_channels=[2304],
    feature_stride=16,
    snippet_frames=32,
    fps=30,
    max_seq_len=2304,
    min_overlap=0.3,
    windows=[9] * 6,
    width=512,
    ranges=overlapping(6),
    epochs=16,
    loss_normalizer=250,
    sigma=0.4,
    pre_nms_topk=5000,
    max_per_video=2000,
    tious=[0.1, 0.2, 0.3, 0.4, 0.5],
    subsets=("training", "validation"),
    file_ext=".npz",
    features=["features"],
)
EGO4D = dict(
    num_classes=110,
    feature_stride=16,
    snippet_frames=32,
    fps=30,
    max_seq_len=1024,
    min_overlap=0.3,
    depths=(2, 2, 7),
    windows=[9] * 8,
    ranges=overlapping(8),
    abs_pos=True,
    epochs=10,
    loss_normalizer=100,
    dropout=0.1,
    sigma=0.9,
    pre_nms_topk=5000,
    max_per_video=2000,
    tious=[0.1, 0.2, 0.3, 0.4, 0.5],
    subsets=("training", "validation"),
    ann_file="annotations/ego4d.json",
)
SLOWFAST, OMNIVORE, EGOVLP = "slowfast_features", "omnivore_features", "egovlp_features"
OFFICIAL: dict[str, dict] = {
    "thumos_i3d": THUMOS,
    "anet_i3d": dict(
        ANET,
        in_channels=[2048],
        fps=25,
        ann_file="annotations/anet1.3_i3d_filtered.json",
        features=["i3d_features"],
    ),
    "anet_tsp": dict(
        ANET,
        in_channels=[512],
        fps=15,
        ann_file="annotations/anet1.3_tsp_filtered.json",
        features=["tsp_features"],
    ),
    "epic_slowfast_verb": dict(
        EPIC, num_classes=97, ann_file="annotations/epic_kitchens_100_verb.json"
    ),
    "epic_slowfast_noun": dict(
        EPIC,
        num_classes=300,
        label_smoothing=0.1,
        ann_file="annotations/epic_kitchens_100_noun.json",
    ),
    "epic_sounds_audioslowfast": dict(  # its challenge's baseline
        EPIC,
        num_classes=44,
        feature_stride=6,
        max_seq_len=9216,
        label_smoothing=0.1,
        ann_file="annotations/epic_sounds.json",
        features=["auditory_slowfast_features"],
    ),
    "ego4d_slowfast": dict(
        EGO4D,
        in_channels=[2304],
        width=512,
        depths=(2, 2, 6),
        windows=[9] * 7,
        ranges=overlapping(7),
        features=[SLOWFAST],
    ),
    "ego4d_omnivore": dict(EGO4D, in_channels=[1536], width=512, features=[OMNIVORE]),
    "ego4d_egovlp": dict(EGO4D, in_channels=[256], width=384, snippet_frames=16, features=[EGOVLP]),
    "ego4d_slowfast_egovlp": dict(
        EGO4D, in_channels=[2560], width=768, num_heads=12, features=[SLOWFAST, EGOVLP]
    ),
    "ego4d_omnivore_egovlp": dict(
        EGO4D, in_channels=[1792], width=768, num_heads=12, features=[OMNIVORE, EGOVLP]
    ),
    "ego4d_slowfast_omnivore_egovlp": dict(
        EGO4D,
        in_channels=[2304, 1536, 256],
        width=1024,
        num_heads=16,
        features=[SLOWFAST, OMNIVORE, EGOVLP],
    ),
}
