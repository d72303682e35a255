"""Writes src/contract/video-data.ts: the clips that the contract suite of videos carries.

    python make_contract_videos.py > ../src/contract/video-data.ts

Needs ffmpeg on PATH (libx264, libvpx, libaom), numpy and Pillow. The clips show ffmpeg's own test picture, scrolling. The expected
pixels of videos are made of the planes that ffmpeg decodes, converted here with ITU-T H.273, equations 38 to 48; those of
animations are Pillow's.
"""

import base64
import hashlib
import io
import json
import os
import subprocess
import tempfile

import numpy as np
from PIL import Image

os.chdir(tempfile.mkdtemp(prefix="internvl-clips-"))


def ffmpeg(*args):
    return subprocess.run(["ffmpeg", "-v", "error", "-y", "-nostdin", *args], check=True, stdout=subprocess.PIPE).stdout


H264 = ["-c:v", "libx264", "-pix_fmt", "yuv420p", "-g", "6", "-bf", "2", "-crf", "30"]
BT709 = ["-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709"]
VARIABLE = ["-vf", "select='not(mod(n,3))+lt(n,6)'", "-vsync", "vfr"]
OPEN_GOP = ["-x264-params", "open-gop=1:bframes=3:scenecut=0:keyint=6:min-keyint=6"]
HIDDEN = ["-c:v", "libvpx", "-g", "15", "-auto-alt-ref", "1", "-lag-in-frames", "10", "-b:v", "60k"]
VP9 = ["-c:v", "libvpx-vp9", "-g", "6", "-b:v", "60k"]
AV1 = ["-c:v", "libaom-av1", "-cpu-used", "8", "-g", "6", "-b:v", "60k"]
DEEP_VP9 = [*VP9, "-pix_fmt", "yuv420p10le", "-profile:v", "2"]

# name, file, size, frames asked for, encoding, what differs from 8 bits and limited BT.601 of the whole
CLIPS = [
    ("H.264 in MP4", "a.mp4", "48x34", [*H264, "-movflags", "faststart"], {}),
    ("H.264 in Matroska", "a.mkv", "48x34", H264, {}),
    ("H.264 in MPEG-TS", "a.ts", "48x34", ["-c:v", "libx264", "-pix_fmt", "yuv420p", "-g", "6", "-bf", "0", "-crf", "36"], {}),
    ("H.264 with open groups of pictures", "b.mp4", "48x34", [*H264, *OPEN_GOP], {}),
    ("H.264, turned by 90 degrees", "c.mp4", "48x34", H264, {"turn": 90}),
    ("H.264, turned by 180 degrees", "d.mp4", "48x34", H264, {"turn": 180}),
    ("H.264, turned by 270 degrees", "e.mp4", "48x34", H264, {"turn": 270}),
    (
        "H.264, BT.709 of full range",
        "f.mp4",
        "48x34",
        [*H264, "-vf", "format=yuvj420p", "-color_range", "pc", *BT709],
        {"kr_kb": (0.2126, 0.0722), "full": True},
    ),
    ("H.264, 16 pixels wide and cropped", "g.mp4", "18x50", H264, {}),
    ("VP8 in WebM", "a.webm", "48x34", ["-c:v", "libvpx", "-g", "6", "-auto-alt-ref", "0", "-b:v", "60k"], {}),
    ("VP8 with hidden frames", "f.webm", "48x34", HIDDEN, {"passes": 2}),
    ("VP9 in WebM", "b.webm", "48x34", VP9, {}),
    ("VP9 of odd size and a variable rate", "c.webm", "35x27", [*VARIABLE, *VP9], {}),
    ("VP9 in MP4", "h.mp4", "48x34", VP9, {}),
    ("AV1 in WebM", "d.webm", "48x34", AV1, {}),
    ("AV1 of odd size in MP4", "i.mp4", "51x37", AV1, {}),
    ("VP9 of 10 bits", "e.webm", "48x34", DEEP_VP9, {"depth": 10}),
]


def encode(file, size, encoding, turn=0, passes=1):
    # testsrc2 knows even sizes only.
    picture = f"testsrc2=size=64x48:rate=25:duration=0.6,scroll=h=0.05:v=0.03,scale={size.replace('x', ':')}"
    source = ["-f", "lavfi", "-i", picture]
    # The same bytes whenever the script is run.
    exact = ["-fflags", "+bitexact", "-flags:v", "+bitexact", "-map_metadata", "-1", "-threads", "1"]
    if passes == 2:
        for number in ("1", "2"):
            ffmpeg(*source, *encoding, "-pass", number, *exact, file)
    elif turn == 0:
        ffmpeg(*source, *encoding, *exact, file)
    else:
        ffmpeg(*source, *encoding, *exact, "plain.mp4")
        ffmpeg("-i", "plain.mp4", "-c", "copy", *exact, "-metadata:s:v", f"rotate={360 - turn}", file)
    with open(file, "rb") as stream:
        return stream.read()


def decode(file, size, depth=8, kr_kb=(0.299, 0.114), full=False, turn=0):
    """All frames as RGB [height, width, 3], from ffmpeg's planes."""
    width, height = map(int, size.split("x"))
    data = ffmpeg("-noautorotate", "-i", file, "-vsync", "passthrough", "-f", "rawvideo", "-")
    samples = np.frombuffer(data, np.uint8 if depth == 8 else "<u2").astype(np.float64)
    across, down = (width + 1) // 2, (height + 1) // 2
    for frame in samples.reshape(-1, width * height + 2 * across * down):
        luma = frame[: width * height].reshape(height, width)
        blue, red = frame[width * height :].reshape(2, down, across).repeat(2, 1).repeat(2, 2)[:, :height, :width]
        yield np.rot90(to_rgb(luma, blue, red, depth, kr_kb, full), -turn // 90)


def to_rgb(y, u, v, depth, kr_kb, full):
    kr, kb = kr_kb
    unit, most = 2 ** (depth - 8), 2**depth - 1
    black, luma_range, chroma_range = (0, most, most) if full else (16 * unit, 219 * unit, 224 * unit)
    luma = (y - black) / luma_range * 255
    blue, red = ((c - 128 * unit) / chroma_range * 255 for c in (u, v))
    kg = 1 - kr - kb
    green = luma - 2 * kb * (1 - kb) / kg * blue - 2 * kr * (1 - kr) / kg * red
    rgb = np.stack([luma + 2 * (1 - kr) * red, green, luma + 2 * (1 - kb) * blue], -1)
    return np.rint(rgb).clip(0, 255).astype(np.uint8)


def times(file):
    """Seconds at which frames are shown, ascending."""
    show = ["-show_entries", "packet=pts_time", "-of", "csv=p=0"]
    lines = subprocess.run(["ffprobe", "-v", "error", *show, file], check=True, stdout=subprocess.PIPE).stdout
    return sorted(float(line.rstrip(",")) for line in lines.decode().split())


def scene(index, size=(40, 30)):
    y, x = np.mgrid[0 : size[1], 0 : size[0]]
    channels = [(x * 7 + index * 40) % 256, (y * 9 + x + index * 70) % 256, (x * y + index * 90) // 4 % 256]
    return Image.fromarray(np.stack(channels, -1).astype(np.uint8))


def see_through(image, index):
    y, x = np.mgrid[0 : image.height, 0 : image.width]
    image = image.copy()
    image.putalpha(Image.fromarray(np.where((x // 8 + y // 8 + index) % 3 == 0, 0, 255).astype(np.uint8)))
    return image


def shaded(image, index):
    y, x = np.mgrid[0 : image.height, 0 : image.width]
    image = image.copy()
    image.putalpha(Image.fromarray(((x * 5 + y * 11 + index * 60) % 256).astype(np.uint8)))
    return image


def moving(index):
    """The same picture with a small one over it, so that frames are parts."""
    image = scene(0, (60, 44))
    image.paste(scene(9, (16, 12)), (index * 8 + 1, index * 5 + 1))
    return image


def animation(images, format, **options):
    stream = io.BytesIO()
    images[0].save(stream, format, save_all=True, append_images=images[1:], **options)
    return stream.getvalue()


def on_white(image):
    image = image.convert("RGBA")
    return np.asarray(Image.alpha_composite(Image.new("RGBA", image.size, (255, 255, 255)), image).convert("RGB"))


def frames_of(data):
    """Each frame as it is seen, its colours without their transparency, and how long it lasts, in milliseconds."""
    with Image.open(io.BytesIO(data)) as image:
        for index in range(image.n_frames):
            image.seek(index)
            seen = on_white(image)
            yield seen, np.asarray(image.convert("RGB")), image.info.get("duration", 0) or 100


def animations():
    opaque = [scene(index) for index in range(4)]
    clear = [see_through(image, index) for index, image in enumerate(opaque)]
    colours = [image.quantize(16, dither=0) for image in opaque]
    few = [see_through(image.quantize(15, dither=0).convert("RGB"), index) for index, image in enumerate(opaque)]
    yield "GIF", animation(colours, "GIF", duration=[100, 200, 50, 40])
    yield "GIF with disposal", animation(few, "GIF", duration=80, disposal=2)
    yield "lossless WebP", animation(opaque, "WEBP", lossless=True, duration=[100, 200, 300, 50])
    yield "lossless WebP with transparency", animation(clear, "WEBP", lossless=True, duration=80)
    half = [shaded(image, index) for index, image in enumerate(opaque)]
    yield "lossless WebP, half transparent", animation(half, "WEBP", lossless=True, exact=True, duration=80)
    yield "lossy WebP", animation(opaque, "WEBP", quality=80, duration=80)
    yield "lossy WebP, half transparent", animation(half, "WEBP", quality=80, duration=80)
    yield "lossy WebP of parts", animation([moving(i) for i in range(4)], "WEBP", quality=70, minimize_size=True, duration=80)
    yield "WebP of one frame", animation(opaque[:1], "WEBP", quality=80)


def sha256(array):
    return hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest()


def row(name, data, frames, rate, dropped=None):
    height, width, _ = frames[0].shape
    print("  {")
    print(f'    name: "{name}",')
    print(f'    base64: "{base64.b64encode(data).decode()}",')
    print(f"    width: {width},\n    height: {height},\n    fps: {rate},")
    print(f"    sha256: {json.dumps([sha256(frame) for frame in frames])},")
    if dropped is not None:
        print(f"    dropped: {json.dumps([sha256(frame) for frame in dropped])},")
    print("  },")


print("// Written by test/make_contract_videos.py: change that file, not this one.")
print('import type { ContractVideo } from "./videos.js";')
print()
print("/** Small videos in base64, with the SHA-256 of the RGB bytes of each frame. */")
print("export const VIDEOS: readonly ContractVideo[] = [")
for name, file, size, encoding, differs in CLIPS:
    passes = differs.pop("passes", 1)
    data = encode(file, size, encoding, differs.get("turn", 0), passes)
    shown = times(file)
    frames = list(decode(file, size, **differs))
    # Only hidden frames have packets of their own that nobody sees.
    assert (len(shown) > len(frames)) == ("hidden" in name), (name, len(shown), len(frames))
    assert len({sha256(frame) for frame in frames}) == len(frames), f"{name}: two frames are alike"
    rate = (len(frames) - 1) / (shown[-1] - shown[0])
    row(name, data, frames, 25 if abs(rate - 25) < 0.1 else round(rate, 2))
print("];")
print()
print("/** Animations, likewise. */")
print("export const ANIMATIONS: readonly ContractVideo[] = [")
for name, data in animations():
    frames, dropped, durations = zip(*frames_of(data))
    # What is under the transparent parts of a GIF is not defined.
    row(name, data, frames, round(len(frames) * 1000 / sum(durations), 4), dropped if "WebP" in name else None)
print("];")
print()
print("/** MPEG-4 part 2 in MP4, a codec that is not read. */")
ffmpeg("-f", "lavfi", "-i", "testsrc2=size=32x32:rate=25:duration=0.1", "-c:v", "mpeg4", "-fflags", "+bitexact", "o.mp4")
with open("o.mp4", "rb") as stream:
    print(f'export const MPEG4_PART_2: string = "{base64.b64encode(stream.read()).decode()}";')
