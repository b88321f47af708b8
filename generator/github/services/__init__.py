"""The services behind a run: artifacts and caches by Twirp, and the blobs behind signed addresses."""
