"""What every Meridian service stands on; it knows nothing of the business."""
