"""A jointed hand: how poses vary, and the spheres its bones and flesh are made of.

Lengths are centimetres in the hand's own frame: the wrist is the origin, x runs to the fingertips, y to the thumb,
z out of the back of the hand. Proportions are those of an adult's right hand.
"""

from typing import NamedTuple

import numpy as np

CLASSES = ("rock", "paper", "scissors")
FINGERS = ("thumb", "index", "middle", "ring", "little")

# A label for every sphere. What is no skin (a sleeve, a bracelet) lies over the hand and hides it.
SLEEVE, PALM, THUMB = 0, 1, 2  # the fingers are 2 to 6: thumb, index, middle, ring, little

KNUCKLES = np.array([[9.2, 2.95, 0.0], [9.6, 0.85, 0.2], [9.1, -1.2, 0.1], [8.2, -3.1, -0.3]])
PHALANGES = np.array([[4.5, 2.6, 2.0], [5.0, 3.0, 2.1], [4.6, 2.8, 2.1], [3.6, 2.1, 1.9]])
FINGER_RADII = np.array(
    [[1.08, 0.98, 0.90, 0.76], [1.10, 1.00, 0.92, 0.78], [1.05, 0.95, 0.88, 0.74], [0.94, 0.85, 0.78, 0.66]]
)
THUMB_ROOT = np.array([1.4, 1.8, -0.9])
THUMB_BONES = np.array([4.4, 3.4, 2.5])
THUMB_RADII = np.array([1.50, 1.25, 1.05, 0.82])


class Pose(NamedTuple):
    """How one hand is held, built and seen. Angles in degrees, lengths in centimetres."""

    flexion: np.ndarray  # (4, 3) index to little: bend of knuckle, middle joint, end joint; 0 is straight
    spread: np.ndarray  # (4,) sideways angle of each finger, positive towards the thumb
    thumb_azimuth: np.ndarray  # (3,) direction of each thumb bone: sideways from the hand's axis ...
    thumb_dip: np.ndarray  # (3,) ... and downwards, under the palm
    wrist: np.ndarray  # (2,) forearm against hand: sideways, up and down
    roll: float  # about the hand's axis; positive turns the thumb to the camera
    pitch: float  # positive lifts the fingertips to the camera
    finger_length: np.ndarray  # (5,) factors, thumb to little
    thickness: np.ndarray  # (3,) factors of radius: fingers, palm, forearm
    breadth: float  # factor of the palm
    sleeve: float  # where the sleeve begins, cm behind the wrist; inf for a bare arm
    bracelet: float  # likewise


class Spheres(NamedTuple):
    """The whole hand as n spheres, in chains along the bones."""

    centre: np.ndarray  # (n, 3)
    radius: np.ndarray  # (n,)
    part: np.ndarray  # (n,) SLEEVE, PALM or THUMB + finger
    along: np.ndarray  # (n,) on a finger 0 at the knuckle, 1 and 2 at the joints, 3 at the tip; elsewhere −1
    dorsal: np.ndarray  # (n, 3) unit vector out of the back of the bone: where a finger has its nail


# --- poses ----------------------------------------------------------------------------------------------------------


def sample_pose(rng, label):
    """A pose of class `label` (0 rock, 1 paper, 2 scissors), varied as people vary."""
    flexion, spread, thumb_azimuth, thumb_dip, roll = (_rock, _paper, _scissors)[label](rng)
    child = rng.random() < 0.15  # shorter and plumper
    return Pose(
        flexion=flexion,
        spread=spread,
        thumb_azimuth=thumb_azimuth,
        thumb_dip=thumb_dip,
        wrist=rng.normal(0, [9, 7]),
        roll=roll,
        pitch=rng.normal(0, 8),
        finger_length=(0.92 if child else 1.0) * rng.normal(1, 0.05) * rng.normal(1, 0.02, 5),
        thickness=(1.08 if child else 1.0) * rng.normal(1, 0.05) * rng.normal(1, [0.04, 0.04, 0.07]),
        breadth=rng.normal(1, 0.04),
        sleeve=rng.uniform(0.5, 9) if rng.random() < 0.25 else np.inf,
        bracelet=rng.uniform(0, 3) if rng.random() < 0.04 else np.inf,
    )


def _rock(rng):
    in_profile = rng.random() < 0.2  # seen from the thumb's side
    roll = rng.uniform(35, 85) if in_profile else rng.normal(0, 15)
    knuckle = rng.uniform(62, 85) if in_profile else rng.uniform(50, 88)
    flexion = np.stack([knuckle + rng.normal(0, 4, 4), rng.uniform(95, 110, 4), rng.uniform(50, 80, 4)], 1)
    spread = np.array([-4.5, -1, 2.2, 5.5]) + rng.normal(0, 1, 4)
    thumb_azimuth = np.array([28, rng.uniform(-10, 20), rng.uniform(-45, 15)]) + rng.normal(0, 5, 3)
    thumb_dip = np.array([33, rng.uniform(-8, 20), rng.uniform(-10, 25)]) + rng.normal(0, 5, 3)
    return flexion, spread, thumb_azimuth, thumb_dip, roll


def _paper(rng):
    openness = rng.choice([0.0, rng.uniform(0.1, 0.5), rng.uniform(0.5, 1.3)], p=[0.65, 0.2, 0.15])
    spread = np.array([-4.5, -1, 2.2, 5.5]) + openness * np.array([19, 3, -11, -26]) + rng.normal(0, 0.8, 4)
    curl = rng.uniform(0, 12)
    flexion = np.stack([rng.normal(3, 6) + rng.normal(0, 2, 4), curl + rng.normal(0, 3, 4), curl / 2 + np.zeros(4)], 1)
    out = np.clip(rng.beta(0.6, 1.5) + 0.5 * openness, 0, 1)  # the thumb: 0 alongside the hand, 1 stretched out
    thumb_azimuth = np.array([22, 10, 2]) + out * np.array([26, 42, 50]) + rng.normal(0, 4, 3)
    thumb_dip = np.array([18, 12, 8]) + rng.normal(0, 5, 3)
    return flexion, spread, thumb_azimuth, thumb_dip, rng.normal(0, 12)


def _scissors(rng):
    half = rng.uniform(2, 22)
    spread = np.array([half - 1, -half, 0, 3]) + rng.normal(0, 1.5, 4)
    straight = np.stack([rng.normal(4, 7) + rng.normal(0, 3, 2), rng.uniform(0, 14, 2), rng.uniform(0, 8, 2)], 1)
    knuckle = rng.uniform(45, 90)
    folded = np.stack([knuckle + rng.normal(0, 5, 2), rng.uniform(85, 110, 2), rng.uniform(40, 70, 2)], 1)
    thumb_azimuth = np.array([20, rng.uniform(-40, 0), rng.uniform(-70, -20)]) + rng.normal(0, 5, 3)
    thumb_dip = np.array([38, rng.uniform(20, 45), rng.uniform(0, 30)]) + rng.normal(0, 5, 3)
    return np.concatenate([straight, folded]), spread, thumb_azimuth, thumb_dip, rng.normal(0, 16)


# --- the body -------------------------------------------------------------------------------------------------------


def build_hand(pose):
    """The spheres of a hand in `pose`, in the hand's frame turned by roll and pitch."""
    knuckles = KNUCKLES * [1, pose.breadth, 1]
    chains = [*_palm(pose, knuckles), *_thumb(pose)]
    for finger in range(4):
        chains += [*_finger(pose, knuckles, finger)]
    chains += [*_forearm(pose)]
    spheres = Spheres(*map(np.concatenate, zip(*chains, strict=True)))
    turn = _turn(pose.roll, pose.pitch)
    return spheres._replace(centre=spheres.centre @ turn.T, dorsal=spheres.dorsal @ turn.T)


def _chain(start, end, radii, part, *, along=(-1.0, -1.0), dorsal=(0.0, 0.0, 1.0), gap=0.28, waist=0.0):
    """Spheres from `start` to `end`, `gap` cm apart; `waist` narrows the middle."""
    n = max(2, int(np.ceil(np.linalg.norm(np.subtract(end, start)) / gap)) + 1)
    t = np.linspace(0, 1, n)
    centre = np.outer(1 - t, start) + np.outer(t, end)
    radius = ((1 - t) * radii[0] + t * radii[1]) * (1 - waist * np.sin(np.pi * t))
    return centre, radius, np.full(n, part), (1 - t) * along[0] + t * along[1], np.tile(dorsal, (n, 1))


def _palm(pose, knuckles):
    """Chains from the wrist to the knuckles, and between them, so that the back is closed and shows its tendons."""
    wrist = np.array([[0.3, 1.5, -0.15], [0.3, 0.5, 0.0], [0.3, -0.5, 0.0], [0.3, -1.5, -0.2]]) * [1, pose.breadth, 1]
    r_wrist, r_knuckle = 1.45 * pose.thickness[1], 1.15 * pose.thickness[1]
    for finger in range(4):
        r_end = r_knuckle * (0.9 if finger == 3 else 1)
        yield _chain(wrist[finger], knuckles[finger] - [0, 0, 0.1], (r_wrist, r_end), PALM, gap=0.35)
        inner = -np.array([0, 0, 1.3])  # the flesh of the palm, which a fist closes on
        yield _chain(0.8 * wrist[finger] + 0.2 * knuckles[finger] + inner, 0.85 * knuckles[finger] + inner,
                     (r_wrist, 1.2 * pose.thickness[1]), PALM, gap=0.6)  # fmt: skip
        if pose.flexion[finger, 1] > 60:  # what fills a closed fist
            joints = _finger_joints(pose, knuckles, finger)
            for start, end in ((0.9, joints[2]), (0.5, joints[3])):
                yield _chain(start * knuckles[finger] + inner, end, (1.2 * pose.thickness[1], 1.0), PALM, gap=0.6)
    first_joints = np.array([_finger_joints(pose, knuckles, finger)[1] for finger in range(4)])
    web_ends = 0.62 * knuckles + 0.38 * first_joints
    for a, b in ((0, 1), (1, 2), (2, 3)):  # the valleys between the bones, and the webs in front of them
        start, knuckle, end = ((row[a] + row[b]) / 2 - [0, 0, 0.3] for row in (wrist, knuckles, web_ends))
        yield _chain(start, knuckle, (r_wrist, 1.05 * pose.thickness[1]), PALM, gap=0.35)
        yield _chain(knuckle, end, (1.05 * pose.thickness[1], 0.72 * pose.thickness[1]), PALM, gap=0.25)
    heel = np.array([3.5, -2.7, -0.7]) * [1, pose.breadth, 1]  # the flesh under the little finger
    for start, end in ((wrist[3], heel), (heel, knuckles[3] - [1, 0, 0.5])):
        yield _chain(start, end, (1.3 * pose.thickness[1], 1.25 * pose.thickness[1]), PALM, gap=0.35)
    thumb_knuckle = _thumb_joints(pose)[1]
    for share in (0.35, 0.7):  # the flesh between thumb and index
        end = share * thumb_knuckle + (1 - share) * (0.75 * knuckles[0]) - [0.4, 0, 0.2]
        yield _chain(wrist[0] + [1, 0, -0.3], end, (r_wrist, 1.0 * pose.thickness[1]), PALM, gap=0.35)


def _direction(azimuth, dip):
    a, d = np.deg2rad(azimuth), np.deg2rad(dip)
    return np.array([np.cos(d) * np.cos(a), np.cos(d) * np.sin(a), -np.sin(d)])


def _thumb_joints(pose):
    bones = [_direction(a, d) for a, d in zip(pose.thumb_azimuth, pose.thumb_dip, strict=True)]
    steps = (THUMB_BONES * pose.finger_length[0])[:, None] * bones
    return THUMB_ROOT * [1, pose.breadth, 1] + np.concatenate([np.zeros((1, 3)), np.cumsum(steps, 0)])


def _thumb(pose):
    joints, radii = _thumb_joints(pose), THUMB_RADII * pose.thickness[0]
    yield _chain(joints[0], joints[1], radii[:2], PALM, gap=0.3)  # its metacarpal is part of the palm
    for bone in (1, 2):
        axis = (joints[bone + 1] - joints[bone]) / np.linalg.norm(joints[bone + 1] - joints[bone])
        dorsal = _across(np.array([-0.2, 0.55, 0.8]), axis)  # a thumb's nail looks outwards, not straight up
        along = (bone, bone + 1)
        yield _chain(joints[bone], joints[bone + 1], radii[bone:], THUMB, along=along, dorsal=dorsal, waist=0.05)


def _finger_joints(pose, knuckles, finger):
    """(4, 3): knuckle, middle joint, end joint, tip; index is finger 0."""
    bend = np.cumsum(pose.flexion[finger])
    bones = [_direction(pose.spread[finger], angle) for angle in bend]
    steps = (PHALANGES[finger] * pose.finger_length[finger + 1])[:, None] * bones
    return knuckles[finger] + np.concatenate([np.zeros((1, 3)), np.cumsum(steps, 0)])


def _finger(pose, knuckles, finger):
    joints, radii = _finger_joints(pose, knuckles, finger), FINGER_RADII[finger] * pose.thickness[0]
    for bone, bend in enumerate(np.cumsum(pose.flexion[finger])):
        dorsal = -_direction(pose.spread[finger], bend + 90)
        along = (bone, bone + 1)
        yield _chain(
            joints[bone], joints[bone + 1], radii[bone:], THUMB + 1 + finger, along=along, dorsal=dorsal, waist=0.05
        )


def _forearm(pose):
    """Skin to the sleeve, cloth behind it, and perhaps a bracelet."""
    axis = -_direction(pose.wrist[0], pose.wrist[1])
    side = np.array([-axis[1], axis[0], 0.0])
    thickness, length = pose.thickness[2], 26.0
    chains = []
    for offset in (-1, 0, 1):
        start, end = side * offset * 1.25 * thickness, axis * length + side * offset * 2.1 * thickness
        chains.append(_chain(start, end, (1.55 * thickness, 3.0 * thickness), PALM, gap=0.6))
        if pose.sleeve < length:
            cuff = start + (end - start) * pose.sleeve / length
            chains.append(_chain(cuff, end, (2.3 * thickness, 3.6 * thickness), SLEEVE, gap=0.6))
    if np.isfinite(pose.bracelet):
        angles = np.linspace(0, np.pi, 26)[:, None]  # the upper half of a ring; the lower is never seen
        ring = axis * pose.bracelet + thickness * (3.0 * np.cos(angles) * side + [0, 0, 1.85] * np.sin(angles) ** 0.6)
        chains += [_chain(a, b, (0.35, 0.35), SLEEVE) for a, b in zip(ring[:-1], ring[1:], strict=True)]
    return chains


def _across(vector, axis):
    """The part of `vector` at right angles to the unit vector `axis`, of length 1."""
    rest = vector - axis * (vector @ axis)
    return rest / np.linalg.norm(rest)


def _turn(roll, pitch):
    r, p = np.deg2rad([roll, pitch])
    about_x = np.array([[1, 0, 0], [0, np.cos(r), -np.sin(r)], [0, np.sin(r), np.cos(r)]])
    about_y = np.array([[np.cos(p), 0, -np.sin(p)], [0, 1, 0], [np.sin(p), 0, np.cos(p)]])
    return about_y @ about_x
