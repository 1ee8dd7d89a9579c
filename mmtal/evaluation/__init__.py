"""How good detections are: matching, average precision, recall, frames; metrics and protocols."""
