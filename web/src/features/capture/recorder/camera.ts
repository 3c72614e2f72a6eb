const WIDTH = 320;

/** Takes pictures of a video track. */
export function openCamera(track: MediaStreamTrack) {
  const video = document.createElement("video");
  video.muted = true;
  video.playsInline = true;
  video.srcObject = new MediaStream([track]);
  void video.play().catch(() => undefined);
  const canvas = document.createElement("canvas");
  return {
    video,
    /** A JPEG, 320 pixels wide; null while there is no picture. */
    async picture(): Promise<Uint8Array<ArrayBuffer> | null> {
      if (!video.videoWidth) return null;
      canvas.width = WIDTH;
      canvas.height = Math.round((WIDTH * video.videoHeight) / video.videoWidth);
      canvas.getContext("2d")?.drawImage(video, 0, 0, canvas.width, canvas.height);
      const blob = await new Promise<Blob | null>((done) => canvas.toBlob(done, "image/jpeg", 0.7));
      return blob && new Uint8Array(await blob.arrayBuffer());
    },
    close() {
      track.stop();
      video.srcObject = null;
    },
  };
}
export type Camera = ReturnType<typeof openCamera>;
