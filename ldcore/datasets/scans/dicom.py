"""What the header of a DICOM file says, and its pixels as it wants them shown."""

import tempfile
from pathlib import Path

import numpy as np

from ldcore.datasets.scans.pixels import gray, masked, one_of, square_pixels
from ldcore.runtime.errors import UserError
from ldcore.runtime.files import denied_message

LEAST_GRAYS = 0.01  # share of the pixels that a window must show between its ends
SPACINGS = ("PixelSpacing", "ImagerPixelSpacing", "NominalScannedPixelSpacing", "PixelAspectRatio")


def is_dicom(path) -> bool:
    """Whether a file is DICOM by its first bytes, whatever its name. UserError: it may not be read."""
    try:
        with open(path, "rb") as file:
            return file.read(132)[128:] == b"DICM"
    except PermissionError as fault:
        raise UserError(denied_message(path)) from fault


def header(file):
    """The header of a DICOM file."""
    import pydicom

    return pydicom.dcmread(file, stop_before_pixels=True)


def opened(path):
    """The whole of a DICOM file, even without the part that names its encoding. ValueError: it holds no image."""
    import pydicom

    scan = pydicom.dcmread(path, force=True)
    if "PixelData" not in scan:
        raise ValueError("it holds no DICOM image")
    if "TransferSyntaxUID" not in scan.file_meta:
        implicit, little = scan.original_encoding
        explicit = pydicom.uid.ExplicitVRLittleEndian if little else pydicom.uid.ExplicitVRBigEndian
        scan.file_meta.TransferSyntaxUID = pydicom.uid.ImplicitVRLittleEndian if implicit else explicit
    return scan


def frames_of(scan) -> int:
    """How many images a DICOM file holds, by its header."""
    return int(scan.get("NumberOfFrames", 1) or 1)


def dicom_frame(path, index: int | None = None, voi: bool = False) -> np.ndarray:
    """One frame of a DICOM file, float64 [H, W], square pixels, bright where the film is bright, its padding masked.

    MONOCHROME1 and PresentationLUTShape INVERSE are inverted; colour becomes gray. index: None for the middle frame.
    voi: as the file's own window or VOI table (the first) shows it, where it has one.
    UserError: it has no such frame, holds nothing but padding, or is compressed in a way that nothing here reads.
    """
    scan = opened(path)
    stored = stored_pixels(scan, one_of(frames_of(scan), index, "frames"))
    image = gray(shown(scan, stored, voi))
    padding = padding_of(scan)
    if padding is not None and stored.ndim == 2:
        outside = (stored >= padding[0]) & (stored <= padding[1])
        image = masked(image, outside)
    if scan.PhotometricInterpretation == "MONOCHROME1" or scan.get("PresentationLUTShape", "") == "INVERSE":
        image = image.max() + image.min() - image
    return square_pixels(image, spacing_of(scan))


def shown(scan, stored: np.ndarray, voi: bool) -> np.ndarray:
    """Stored pixels [H, W] or [H, W, 3] through the file's palette or modality table, and its window if `voi`.

    A window that leaves nothing to see but black and white, or that the standard does not allow, is passed over.
    """
    from pydicom.pixels import apply_color_lut, apply_modality_lut, apply_voi_lut

    if scan.get("PhotometricInterpretation") == "PALETTE COLOR":
        return np.asarray(apply_color_lut(stored, scan), np.float64)
    pixels = np.asarray(apply_modality_lut(stored, scan))
    if not voi:
        return pixels
    try:
        windowed = apply_voi_lut(pixels, scan)
    except (ValueError, TypeError):
        return pixels
    leaves = np.ptp(windowed) > 0 and grays(windowed) >= min(LEAST_GRAYS, grays(pixels))
    return windowed if leaves or not np.ptp(pixels) else pixels


def grays(pixels: np.ndarray) -> float:
    """The share of the pixels that are neither as dark nor as bright as any."""
    return float(np.mean((pixels > pixels.min()) & (pixels < pixels.max())))


def stored_pixels(scan, frame: int) -> np.ndarray:
    """The numbers stored for one frame of a DICOM file, [H, W] or [H, W, 3].

    Those of a file whose compression pydicom cannot undo (JPEG Lossless, JPEG-LS, JPEG of 12 bits) come from the codecs
    in SimpleITK. UserError: neither has one.
    """
    from pydicom.pixels import pixel_array

    if pydicom_reads(scan):
        return pixel_array(scan, index=frame)
    try:
        return itk_pixels(scan, frame)
    except RuntimeError as fault:
        raise UserError(
            f"is compressed as {scan.file_meta.TransferSyntaxUID.name}, and is damaged or neither pydicom nor "
            "SimpleITK has the codec; try gdcmconv --raw, or ask for it uncompressed"
        ) from fault


def pydicom_reads(scan) -> bool:
    """Whether pydicom, with Pillow, has a decoder for the file's compression."""
    from pydicom.pixels import get_decoder
    from pydicom.uid import JPEGExtended12Bit

    syntax = scan.file_meta.TransferSyntaxUID
    if syntax == JPEGExtended12Bit and scan.BitsAllocated > 8:
        return False
    try:
        return not syntax.is_encapsulated or get_decoder(syntax).is_available
    except NotImplementedError:  # film, and what is newer than pydicom
        return False


def itk_pixels(scan, frame: int) -> np.ndarray:
    """As `stored_pixels`, by SimpleITK, from a copy that holds nothing that would change the numbers."""
    import pydicom
    import SimpleITK as sitk

    bare = pydicom.Dataset()
    bare.file_meta = pydicom.dataset.FileMetaDataset()
    bare.file_meta.TransferSyntaxUID = scan.file_meta.TransferSyntaxUID
    bare.update({tag: scan[tag] for tag in list(scan.keys()) if tag.group == 0x0028 and tag.element < 0x0110})
    bare.SOPClassUID, bare.SOPInstanceUID = pydicom.uid.MultiFrameGrayscaleWordSecondaryCaptureImageStorage, "1.2.3"
    if bare.SamplesPerPixel == 1:
        bare.PhotometricInterpretation = "MONOCHROME2"  # else inverted, or coloured by the palette, here and then again
    bare["PixelData"] = scan["PixelData"]
    with tempfile.TemporaryDirectory() as folder:
        bare.save_as(Path(folder, "copy.dcm"), enforce_file_format=True)
        pixels = sitk.GetArrayFromImage(sitk.ReadImage(str(Path(folder, "copy.dcm"))))
    return pixels[frame]


def padding_of(scan) -> tuple[int, int] | None:
    """(least, greatest) of the stored numbers that stand for no image in a DICOM file, None where it names none."""
    value = scan.get("PixelPaddingValue")
    if not isinstance(value, int):
        return None
    limit = scan.get("PixelPaddingRangeLimit")
    ends = [value, limit if isinstance(limit, int) else value]
    if scan.get("PixelRepresentation", 0):  # written as unsigned by some
        bits = scan.BitsAllocated
        ends = [end - (1 << bits) if end >= 1 << (bits - 1) else end for end in ends]
    else:
        ends = [end % (1 << scan.BitsAllocated) for end in ends]
    return min(ends), max(ends)


def spacing_of(scan) -> tuple[float, float] | None:
    """(from row to row, from column to column) of a DICOM file's pixels, in mm or as a ratio; None: it does not say."""
    groups = scan.get("SharedFunctionalGroupsSequence") or [{}]
    measures = groups[0].get("PixelMeasuresSequence") or [{}]
    for holder, key in [(measures[0], "PixelSpacing"), *((scan, key) for key in SPACINGS)]:
        spacing = holder.get(key)
        if spacing is not None and len(spacing) == 2:
            return tuple(map(float, spacing))
    return None
