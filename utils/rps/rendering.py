"""From spheres to a picture: a height map, light on it, and a green table under it.

Everything is drawn on a 288 × 192 frame (3:2, as the photographs), then squashed to a 96 × 96 square, as they are too.
Pixel coordinates are (u, v) = (right, down); heights are pixels above the table, towards the camera.
"""

from typing import NamedTuple

import numpy as np
from PIL import Image
from scipy.ndimage import gaussian_filter, gaussian_filter1d, shift

from .anatomy import PALM, SLEEVE, THUMB
from .hands import SIZE

WIDTH, HEIGHT = 288, 192

# Light to dark; red, green, blue as the camera saw skin under plain light.
SKIN_TONES = [
    (0.86, 0.70, 0.60), (0.80, 0.64, 0.50), (0.76, 0.56, 0.47),
    (0.72, 0.54, 0.38), (0.58, 0.40, 0.28), (0.42, 0.28, 0.20),
]  # fmt: skip
SKIN_SHARES = [0.18, 0.24, 0.22, 0.20, 0.10, 0.06]


class View(NamedTuple):
    """Where the hand is in the frame."""

    wrist: np.ndarray  # (u, v) of the wrist, in pixels of the frame; may lie outside it
    turn: float  # in-plane turn in degrees; 0 points left, positive turns the fingers up
    scale: float  # pixels of the frame per centimetre
    mirrored: bool  # a left hand: the thumb above


# --- geometry -------------------------------------------------------------------------------------------------------


def sample_view(rng, spheres):
    """A view of a hand that comes in from the right: the knuckles right of the middle, the rest where it falls."""
    turn, mirrored = float(np.clip(rng.normal(0, 12), -40, 40)), bool(rng.random() < 0.35)
    scale = float(np.clip(np.exp(rng.normal(np.log(12.0), 0.17)), 8, 18))
    u, v, _ = to_frame(View(np.zeros(2), turn, scale, mirrored), spheres.centre).T
    knuckles, hand = spheres.along == 0, spheres.centre[:, 0] > 2
    wrist_u = WIDTH * np.clip(rng.normal(0.61, 0.13), 0.25, 0.95) - u[knuckles].mean()
    wrist_u = max(wrist_u, 0.03 * WIDTH - (u - spheres.radius * scale).min())  # fingertips stay in the frame
    wrist_v = HEIGHT * np.clip(rng.normal(0.52, 0.1), 0.25, 0.8) - (v[hand].min() + v[hand].max()) / 2
    return View(np.array([wrist_u, wrist_v]), turn, scale, mirrored)


def to_frame(view, points):
    """Points of the hand's frame (n, 3), centimetres, to (u, v, height), pixels: orthographic, seen from above."""
    a = np.deg2rad(view.turn)
    x, y, z = points.T * view.scale
    y = -y if view.mirrored else y
    u, v = -x * np.cos(a) - y * np.sin(a), -x * np.sin(a) + y * np.cos(a)
    return np.stack([view.wrist[0] + u, view.wrist[1] + v, z], 1)


def height_map(centre, radius):
    """The upper surface of the spheres: z = max(cz + √(r² − d²)), and which sphere is on top (−1: none).

    centre (n, 3) and radius (n,) in pixels → height (HEIGHT, WIDTH) float32, owner (HEIGHT, WIDTH) int.
    """
    height = np.full((HEIGHT, WIDTH), -np.inf, np.float32)
    owner = np.full((HEIGHT, WIDTH), -1)
    low = np.maximum(np.floor(centre[:, :2] - radius[:, None]).astype(int), 0)
    high = np.minimum(np.ceil(centre[:, :2] + radius[:, None]).astype(int) + 1, [WIDTH, HEIGHT])
    u_axis, v_axis = np.arange(WIDTH) + 0.5, np.arange(HEIGHT) + 0.5  # a pixel is its centre
    for i in np.flatnonzero((low < high).all(1)):
        (u0, v0), (u1, v1), (u, v, z), r = low[i], high[i], centre[i], radius[i]
        under = r * r - (u_axis[u0:u1] - u) ** 2 - (v_axis[v0:v1, None] - v) ** 2
        surface = np.where(under > 0, z + np.sqrt(np.maximum(under, 0)), -np.inf).astype(np.float32)
        box = height[v0:v1, u0:u1]
        higher = surface > box
        box[higher] = surface[higher]
        owner[v0:v1, u0:u1][higher] = i
    return height, owner


# --- light and skin -------------------------------------------------------------------------------------------------


def smooth_noise(rng, cell_u, cell_v=None):
    """Noise of mean 0 and deviation about 1 over the frame, with blobs `cell_u` by `cell_v` pixels."""
    shape = int(HEIGHT / (cell_v or cell_u)) + 3, int(WIDTH / cell_u) + 3
    grid = Image.fromarray(rng.standard_normal(shape, np.float32))
    return 1.4 * np.asarray(grid.resize((WIDTH, HEIGHT), Image.BICUBIC))


def blur(image, sigma):
    return gaussian_filter(image, sigma, truncate=2.5)


def rgb(*values):
    """A colour, or three times the same factor, as float32: a picture times a list would turn float64."""
    return np.array(values, np.float32)


def lambert(height, light):
    """n·l for the surface's unit normals n (finite differences) and a unit vector l to the light."""
    slope_v, slope_u = np.gradient(height)
    return (light[2] - slope_u * light[0] - slope_v * light[1]) / np.sqrt(1 + slope_u**2 + slope_v**2)


def skin_relief(rng, scale, back):
    """Bumps in pixels: veins and folds on the back of hand and forearm, pores everywhere. Also returns the veins."""
    ridge = np.exp(-((smooth_noise(rng, 4 * scale, 1.1 * scale) / 0.22) ** 2))
    veins = ridge * back * rng.uniform(0, 1)
    folds = smooth_noise(rng, 0.25 * scale, 0.6 * scale) * rng.uniform(0.002, 0.012)
    return scale * (0.05 * veins + folds + 0.006 * rng.standard_normal((HEIGHT, WIDTH), np.float32)), veins


def skin_colour(rng, spheres, owner, scale, facing):
    """Albedo (HEIGHT, WIDTH, 3) of the skin: tone, mottling, redder joints and tips, creases, nails, hair."""
    tone = rng.choice(SKIN_TONES, p=SKIN_SHARES) * rng.normal(1, 0.05) * rng.normal(1, 0.02, 3)
    tone = rgb(*tone)
    along = np.where(owner < 0, -1, spheres.along[owner]).astype(np.float32)
    finger = along >= 0
    back = (owner >= 0) & ~finger

    red = 0.025 * smooth_noise(rng, 1.5 * scale) + 0.5 * rng.random() * np.clip(along - 1.8, 0, 1) * finger * 0.25
    light = 0.02 * smooth_noise(rng, scale) + 0.015 * smooth_noise(rng, 0.3 * scale)
    for joint in (1, 2):  # folds of skin over the joints
        near = np.exp(-(((along - joint) / 0.16) ** 2)) * finger
        light -= near * rng.uniform(0.02, 0.12) * (1 + np.sin((along - joint) * 45))
        red += 0.04 * near
    light -= hair(rng, scale) * back
    albedo = tone * (1 + light)[..., None] * (1 + red[..., None] * rgb(0.4, -0.5, -0.4))

    nail = (along > 2.42) & (along < 2.97) & (facing > 0.72)
    nail = blur(nail.astype(np.float32), 0.05 * scale)
    rim = 4 * nail * (1 - nail)
    nail_tone = np.minimum(tone * rgb(1.15, 1.12, 1.2) + rgb(0.08), 1)
    albedo = albedo * (1 - 0.12 * rim[..., None])
    return albedo + (rng.uniform(0.4, 0.8) * nail)[..., None] * (nail_tone - albedo)


def hair(rng, scale):
    """Dark strokes along the arm; many arms have none."""
    density = max(0, rng.normal(0.1, 0.25))
    strokes = smooth_noise(rng, 0.9 * scale, 1.1) * (smooth_noise(rng, 2 * scale) + 1.5)
    return min(density, 0.5) * 0.2 * np.clip(strokes, 0, 2)


def shade_hand(rng, view, spheres, height, owner, light):
    """Colour (HEIGHT, WIDTH, 3) of the hand, sleeve and bracelet; garbage where there is none."""
    scale, there = view.scale, owner >= 0
    is_cloth = there & (spheres.part[owner] == SLEEVE)
    back = there & (spheres.part[owner] == PALM)
    facing = nail_facing(view, spheres, blur_inside(height, there, 1), owner)
    relief, veins = skin_relief(rng, scale, back)

    height = soften(np.where(there, height, 0), there, back, scale)
    diffuse = np.clip((lambert(height + relief, light) + 0.15) / 1.15, 0, None)  # the table lights what faces away
    valley = np.clip((blur_inside(height, there, 0.5 * scale) - height) / scale, 0, 1)
    gap = np.clip((blur_inside(height, there, 0.18 * scale) - height) / (0.25 * scale), 0, 1)  # dark between fingers
    ambient = rng.uniform(0.2, 0.5)
    shade = 1.15 * (ambient + (1 - ambient) * diffuse) * (1 - 0.5 * valley) * (1 - 0.5 * gap)

    skin = skin_colour(rng, spheres, owner, scale, facing)
    skin *= 1 - veins[..., None] * rgb(0.10, 0.05, 0.04)
    colour = skin * shade[..., None] ** rgb(0.85, 1.05, 1.15)  # light under the skin makes shadows warm
    colour += rng.uniform(0, 0.15) * np.clip(diffuse, 0, 1)[..., None] ** 20  # a slight gloss
    cloth = sleeve_colour(rng, scale) * shade[..., None]
    return np.where(is_cloth[..., None], cloth, colour)


def blur_inside(image, inside, sigma):
    """The blurred image, as if nothing were outside `inside`; it goes on a little way beyond the outline."""
    weight = blur(inside.astype(np.float32), sigma)
    return blur(np.where(inside, image, 0), sigma) / np.maximum(weight, 1e-3)


def soften(height, there, back, scale):
    """Flesh is softer than spheres: the back of the hand much, fingers a little, outlines not at all."""
    deep_inside = np.clip(2.2 * blur(back.astype(np.float32), 0.4 * scale) - 1.2, 0, 1)
    height = height + 0.65 * deep_inside * (blur_inside(height, there, 0.4 * scale) - height)
    return blur_inside(height, there, 0.1 * scale)


def nail_facing(view, spheres, height, owner):
    """Cosine between the surface and the back of the bone under it."""
    tip = to_frame(view._replace(wrist=np.zeros(2)), spheres.dorsal) / view.scale
    slope_v, slope_u = np.gradient(height)
    normal = np.stack([-slope_u, -slope_v, np.ones_like(height)], -1) / np.sqrt(1 + slope_u**2 + slope_v**2)[..., None]
    return (normal * tip[owner]).sum(-1)


def sleeve_colour(rng, scale):
    """Cloth: mostly dark, some light, some striped, with folds."""
    base = rng.choice([0.04, 0.08, 0.2, 0.45, 0.75], p=[0.4, 0.2, 0.18, 0.12, 0.1]) * (1 + rng.normal(0, 0.12, 3))
    folds = 1 + 0.18 * smooth_noise(rng, 0.9 * scale, 2.5 * scale) + 0.08 * smooth_noise(rng, 2.5)
    if rng.random() < 0.3:
        folds = folds + 0.25 * np.sin(np.arange(WIDTH, dtype=np.float32) / rng.uniform(1.5, 5))
    return np.clip(rgb(*base) * folds[..., None], 0.01, 1)


# --- the table and the camera ---------------------------------------------------------------------------------------


def table(rng):
    """The green table: a tint, a slope of light, and on most pictures a clip at the left edge."""
    bright = rng.normal(0, 1)
    base = np.array([0.19, 0.57, 0.21]) + [0.05, 0.05, 0.03] * np.full(3, bright) + rng.normal(0, [0.03, 0.015, 0.05])
    v, u = _grid()
    slope = 1 + rng.normal(0, 0.07) * u + rng.normal(0, 0.05) * v + 0.015 * smooth_noise(rng, 40)
    grain = 0.01 * rng.standard_normal((HEIGHT, WIDTH), np.float32) + 0.008 * smooth_noise(rng, 3)
    colour = rgb(*np.clip(base, 0.05, 0.8)) * (slope + grain)[..., None]
    if rng.random() < 0.7:
        colour *= (1 + clip_relief(rng))[..., None]
    return colour


def _grid():
    """v and u of every pixel, −1 to 1, as a column and a row."""
    return np.linspace(-1, 1, HEIGHT, dtype=np.float32)[:, None], np.linspace(-1, 1, WIDTH, dtype=np.float32)


def clip_relief(rng):
    """A green paper clip or holder, two round ends joined by a bow, cut by the left edge of the frame."""
    v, u = np.arange(HEIGHT, dtype=np.float32)[:, None], np.arange(WIDTH, dtype=np.float32)
    top, length, inset = HEIGHT * rng.normal(0.31, 0.04), HEIGHT * rng.normal(0.42, 0.05), rng.normal(4, 3)
    bow = np.abs(u - (inset - 12 + 26 * ((v - top - length / 2) / length) ** 2)) - 3
    ends = [np.hypot(u - inset, v - top - k * length) - 8 for k in (0, 1)]
    distance = np.minimum(np.where((v > top) & (v < top + length), bow, 99), np.minimum(*ends))
    relief = 0.16 * np.exp(-((distance / 1.5) ** 2)) - 0.14 * np.exp(-(((distance - 3) / 2) ** 2))
    return relief + np.where(distance < 0, np.float32(0.05), np.float32(0))


def shadow(rng, cover, scale, light):
    """What the hand leaves of the light on the table: a dark rim on all sides, and one soft shadow off the light."""
    rim = blur(cover, rng.uniform(0.25, 0.6) * scale)
    reach = rng.uniform(0.2, 1.6) * scale
    cast = shift(blur(cover, rng.uniform(0.15, 0.6) * scale), (-light[1] * reach, -light[0] * reach), order=1)
    return (1 - rng.uniform(0.3, 0.7) * rim) * (1 - rng.uniform(0, 0.4) * cast)


def camera(rng, picture):
    """Exposure, white balance, contrast, vignetting, focus and motion blur, noise."""
    v, u = _grid()
    vignette = 1 - rng.uniform(0, 0.3) * np.clip((u**2 + v**2) / 2, 0, 1) ** 1.5
    warmth = rng.normal(0.02, 0.05)
    gain = rgb(1 + warmth, 1 + rng.normal(0, 0.03), 1 - 1.5 * warmth) * rgb(np.exp(rng.normal(0, 0.08)))
    picture = np.clip(picture * gain * vignette[..., None], 0, 1) ** float(np.exp(rng.normal(0, 0.1)))
    if rng.random() < 0.15:
        picture = gaussian_filter1d(picture, rng.uniform(1, 4), axis=rng.integers(2))
    return picture + 0.008 * rng.standard_normal(picture.shape, np.float32)


# --- the picture ----------------------------------------------------------------------------------------------------


def render(rng, spheres, view):
    """A picture, (SIZE, SIZE, 3) uint8, and its mask, (SIZE, SIZE) uint8: 0 table or cloth, 1 palm, 2 to 6 fingers."""
    centre, radius = to_frame(view, spheres.centre), spheres.radius * view.scale
    height, owner = height_map(centre, radius)
    there = owner >= 0
    angle, slant = rng.uniform(0, 2 * np.pi), np.abs(rng.normal(0, 0.35))
    light = np.array([slant * np.cos(angle), slant * np.sin(angle), 1]) / np.hypot(1, slant)
    light = light.astype(np.float32)

    green = table(rng) * shadow(rng, there.astype(np.float32), view.scale, light)[..., None]
    hand = shade_hand(rng, view, spheres, height, owner, light)
    edge = blur(there.astype(np.float32), 0.5)[..., None]
    picture = camera(rng, green + edge * (np.where(there[..., None], hand, green) - green))

    parts = np.where(there, spheres.part[owner], 0)
    return squash(picture), squash_labels(parts)


def squash(picture):
    """288 × 192 to 96 × 96: the mean of each 3 × 2 pixels, as bytes."""
    mean = picture.reshape(SIZE, HEIGHT // SIZE, SIZE, WIDTH // SIZE, 3).mean((1, 3))
    return np.round(255 * np.clip(mean, 0, 1)).astype(np.uint8)


def squash_labels(parts):
    """The part that covers most of each 3 × 2 pixels; of equals, the lowest number."""
    blocks = parts.reshape(SIZE, HEIGHT // SIZE, SIZE, WIDTH // SIZE)
    votes = [(blocks == part).sum((1, 3)) for part in range(THUMB + 5)]
    return np.argmax(votes, 0).astype(np.uint8)
