"""Several classifiers, tasks or models behind one list of detections."""
