from mmtal.apis.official_checkpoint import load_official_state_dict

__all__ = ["load_official_state_dict"]
