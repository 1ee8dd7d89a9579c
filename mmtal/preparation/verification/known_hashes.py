"""Hashes of the defects of published annotation files; see ``known_defects``."""

CASES: dict[str, dict[str, str]] = {
    "THUMOS14": {
        "segment outside the recording": (
            "00994d171e68273a2282a4b3293f1a0a29df2f213cfbd37d4622326e488ea9f34f7fb38b5805f6a6"
            "5a0925b15ff6f1906a7f8a526ccd680c760d43017723b3758624ef589fb843dba48d0e1baad5f21e"
            "acc52e78b167f8e8b75e32d5b947776dbe70298fcddd4e20e14b7de4ee6e5f98f58b037ffe7997a4"
        ),
    },
    "MultiTHUMOS": {
        "reversed segment": (
            "1a90e5b6259e8f3625ee610a2d838e4b3067de30501a45b052ec489763ac4180679c496a68c8923c"
            "767082c58e263240904e151b980bc4b09c077fc6a66212c7a865a567adaacdd0c1aef176c1bd7671"
            "d83116b5dabc2a41db13a739dbe7c8c8e221c421eb173ae4f39874ecf3c3d840f3f21eaaf8418af8"
        ),
        "empty segment": ("1363acba339dcb2878c0bb807b559393a60a35a1dbe1769adcda3852"),
        "segment outside the recording": (
            "1490769e3054200a39a07dd3451ecbe656ca3c7859b89c19636e10dc64bd1ef06c88d7c872c3cb4a"
            "8104053a98c1b31da7a4745ea8c8f110a999b886b54d2c7abf045d7ac2de0941c6d48f78c850db4b"
            "cba18088cd360d83d6c9d8d0dbb4b5c0df2f4760e6d4db81e92d7fb9ebe8c8ceed1664eef225f7b8"
            "f529fef9fcc4e6fafe2dfa49fe37bea8fe4404f5"
        ),
    },
    "ActivityNet-1.3": {
        "empty segment": (
            "130a004e294916e83abaabfb41ac3d4f8fdb38be9d762b9cadc1bff3bd6ffc2ec445bf95ca316299"
            "dfae7954fe48d02b"
        ),
        "segment outside the recording": (
            "002b12d300e2d8e00115977301868dd707cf60b30808b7720873e08a08e7c7cd0a5e388f0c2398ae"
            "0c2bac820c822f0d0d361d240f2e127a0f620ebf106bbe561340aabb140cb76a140e3a0a1484866e"
            "1579bb1416aa38a017736217189816e31b819b931cb836bd1ec3de451f67e72a205f2f3b21fe9d66"
            "2212f5a1223ddda0285e6f1129915a212b184ac32b2190522b71cf9d3027d02c311f4d3231b8323f"
            "32f12a62360bd972364f59763784e32f380a2cb039ba660e39fa41b43a6cc76d3ae585873b036e3c"
            "3d4b57163eb1634c3edd33923f6210ac3f77ec764128a90d41bc47dc4387f34c44c588434639d8b3"
            "468b91ed46d0ff26474352b94870917b4874f3f34acef8164d5f85b94f46a59253c9f3c55648d354"
            "57c5ff30595968ce595b94075979835d5ab94d1f5d2e83ad5d4b8f7c62374fd9637252db65829ba9"
            "673ce60869963a4569b7f8726a7452276ae459186dd28d9b6e3f2b9071bf832672264dda73486ad7"
            "755b04a179bc90f77a3397037ac75a4f7b93f1507c00be1e7dc5c4097dd7aff07dec72ca7e242ac4"
            "7e4e98c37ee030387f741af47f8b5a9981039c07849aca1c850284fc87494df2879d69aa88af89b4"
            "88ca2e108a0544c98a83c6898aa3f4d98e906893918e031092047038929174d89372a44f9385a52e"
            "943eb91c94558e819493a14d96435bf2966ae11e97489534986cc2c098ce52f99a15ebfd9aeeba8b"
            "9df00a1aa2c05ffba3097ceba3d7fdfea3e765afa4abe877a63c4d2ba67edadea69dca23a93b6ba9"
            "a9a190c3aa6ccd69aad8b0beac7594aaad8e0d2bae787620aedd1b01af8f1ac7b1925048b1fb18e9"
            "b3e0b20cb440bba8b4a1cad1b4fec9e2b61cd5f0b830121cb910dbbeb97a8814bbc7d025bc151f26"
            "bce6e642bd313ec4bea0d0fbbfc571aabfe1101cc04a4e47c2f05997c5033bcfc598a102c5e8f662"
            "c5edf329c9c36a95ca387d92cb24c26fcbed4389cca043b7cd597ebccdb93b8dce242ed5cf3be8e6"
            "d1da8bc1d37f9109d3bca28ed3e840d0d4285e6dd7cf8298d83fe333d88745ead8c2fcead8dcb484"
            "d9e099d9da95f465db733217dbb3e245dc1e3144e2505a94e318dbffe48eeb12e74b01d1e76d827f"
            "e7a95984eb9b44fdebb96fbeecd0bfe6ee321a05eefd53dcf39df35af44e301ef841fd9afa77a3ed"
            "fba91d5efbc289d5fcee321afd4e8ad9ff60137d"
        ),
        "missing duration": (
            "0140292b019b95ac02e9f52404f2cbc40754c1d707af29fd08d0e88f0aa918150ae48a360bab3c8b"
            "0d9073f30db6f1ba0f85c7280f8af6bc1275c9d2155c2ce11960773519fd56a41a2cbc1c1bb9d1de"
            "1e458d8d1ef453011f3b91aa1fe1cd432157a69422d2cdb32534fd6026f153ca28bdf62329e5bf3e"
            "2cac35912ffa36aa300015da33dabc8534297bc734b696be3848b4f6389e8d753914a45a3cdaf4f0"
            "3cf786963d1487723e1c665f3f14fa584092fe3c4274b19642f26ae047d3cc0c48db86fd4a4db91d"
            "4b6950064b7a5cad4c1263694c13f6b94cfd43134e58c0b14e74cf5c51346762523e0f49539a855d"
            "53f1186554bd771f5512673256214bda582f444d586d49b55a3f3c1d5b1fee295b55c6835cc58a56"
            "5d5e9bd35f9b66cb612be5c162f8715264bfecb366f6e8b567a36dab68828d5d6e9799d56ee23cd4"
            "6eef462c6f977bff727bace47320913c73b9d2f073d0ae6e741c9adc7534f3c677a4be8777b66bdd"
            "794ace23799670b37a03a7277c425e027d465da47d56eee77dc0dfdc7fd537ed80cc87e781668622"
            "81c5edad82bad53c82cfcb68831485d3840f047184e736b98804f571884b46908c848c5d8da34f3f"
            "92522f8e92c325639308667b97180d5497bd3ec997e8e59499fafe919a121afd9afc712f9c013237"
            "9d33d63c9d9849939f0b8f979f0e1cd39f839a23a242eca9a2fc7eb9a44b390ea6fb6a0da7db817b"
            "aa014da0ab0a9b1dac67ed21ac7974e3ad2a2f3faeb8199faeebcf6faf56c199b1648241b2246422"
            "b2f19eb5b36e6747b56d986bb8e1a650bb2126f8bc6f362bbc74fdf8bfc86fd2c0766fecc399778f"
            "c3cec12fc7cd1795c8120ee9cb38f2aecd8f5f74cdd8fa7bce6801fbd05b13d5d0c4b8d5d2a28c80"
            "d3a0d050d3c2f218d41559acd4b9d655d559072cd58758c7d93ab5ced9790869d9f0598edc2095ef"
            "dc218fa7dce0922bdd226ccfdd966b30de85ed59e035a957e27aaa1ee28147dbe3389e72e8f48115"
            "ea4c09f9ec0189c0ee57f039ee6205d9f00ee829f01f2bf7f09ea777f0c30b9bf43d4d25f442d7ea"
            "f56340dcf7f6c175f88b5a95f9c45b90fa802f27fbcdc6c3fcdb40d5fd2b8741"
        ),
        "duplicated instance": (
            "0411eb740ad2a51f0c8878421a0962f032b287963717ba2245c4872d46d72f2846d72f2846d72f28"
            "46d72f2846d72f2846d72f2846d72f2846d72f2846d72f2846d72f2846d72f2846d72f2846d72f28"
            "4a85ace44eaf40734eaf40734ec1e5d351ba6403533697e96431afc775ce618777f95b3179376f33"
            "79376f3379376f3379376f3379376f3379376f3379376f3379376f3379376f3379376f3379376f33"
            "79376f33849c106289fb9b6899d283669b2116d49cc7b4d0caab053fd1a94dbed1a94dbee4fdea04"
            "f64c091ef787d5dc"
        ),
    },
}
"""By published data set and kind, the first digits of each case's hash, one after the other."""

FILES: dict[str, tuple[str, dict[str, tuple[str | None, ...]]]] = {
    "5401580cb741c3b2eea03253ff31a414": (
        "ActivityNet-1.3",
        {
            "missing fps": (None,),
            "split without instances": ("testing",),
        },
    ),
}
"""By hash of the list of recordings: the data set, and kinds of whole-file defects with subsets."""
