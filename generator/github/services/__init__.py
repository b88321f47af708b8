"""The services behind a run: artifacts and caches by Twirp, blobs at signed addresses."""
