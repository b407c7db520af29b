using System.Globalization;
using HematomaPacsAgent.Analysis;
using HematomaPacsAgent.Analysis.Nifti;
using HematomaPacsAgent.Analysis.Radiomics;
using HematomaPacsAgent.Dicom;
using HematomaPacsAgent.Dicom.Objects;
using HematomaPacsAgent.Pipeline.Series;

namespace HematomaPacsAgent.Pipeline.Regions;

/// <summary>Which part of a mask file is the region.</summary>
/// <param name="Label">A voxel value of a label image or a segment's number; null for 1, or a Segmentation's only segment.</param>
/// <param name="Segment">A segment's number or its label text; wins over <paramref name="Label"/>.</param>
public sealed record RegionChoice(int? Label = null, string? Segment = null)
{
    internal int? Number =>
        Segment is null ? Label : int.TryParse(Segment, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : null;
}

/// <summary>One image with one region on its grid, from files: NIfTI or a DICOM CT series, with a NIfTI label image or a DICOM Segmentation.</summary>
/// <param name="Image">Voxels on their grid; of a DICOM series the slices stacked upright at their median distance.</param>
/// <param name="Mask">One flag a voxel, at least one set.</param>
/// <param name="Region">What the region is called: a label or a segment.</param>
/// <param name="Warnings">What was decided on the way, in plain words.</param>
/// <remarks>RT Structure Sets are not read: contours leave open which voxels they hold.</remarks>
public sealed record RadiomicsInput(ScalarImage Image, bool[] Mask, string Region, IReadOnlyList<string> Warnings)
{
    /// <summary>How far mask and image may lie apart, mm: above the rounding of decimal strings and single precision, far below a voxel.</summary>
    public const double DefaultToleranceMm = 0.01;

    /// <summary>PyRadiomics' <c>geometryTolerance</c> (ITK's: parts of the spacing along x) in mm.</summary>
    private static double Tolerance(RadiomicsSettings settings, CaseImage image) =>
        settings.GeometryTolerance * image.Grid.SpacingXMm ?? DefaultToleranceMm;

    /// <summary>Loads a case. The mask is put on the image's grid without interpolation: it may run along other axes or cover a part only.</summary>
    /// <param name="imagePath">A NIfTI file, a folder with a DICOM CT series, or one file of such a series.</param>
    /// <param name="maskPath">A NIfTI label image or a DICOM Segmentation.</param>
    /// <param name="choice">Which region.</param>
    /// <param name="settings">PyRadiomics' <c>geometryTolerance</c> (unset: <see cref="DefaultToleranceMm"/>) and <c>correctMask</c>.</param>
    /// <param name="cancellation">Ends the work.</param>
    /// <exception cref="RadiomicsException">A file is missing or not read here, or the mask does not lie on the image's grid, or is empty.</exception>
    /// <exception cref="NotEligibleException">The DICOM files hold no series of a head CT.</exception>
    /// <exception cref="DicomFormatException">A DICOM file is damaged.</exception>
    public static RadiomicsInput Load(string imagePath, string maskPath, RegionChoice choice, RadiomicsSettings settings, CancellationToken cancellation)
    {
        if (!Path.Exists(imagePath)) throw new RadiomicsException($"{imagePath} is not there. Check the path of the image");
        if (!File.Exists(maskPath))
            throw new RadiomicsException(Directory.Exists(maskPath) ? $"{maskPath} is a folder: a mask is one file, NIfTI or a DICOM Segmentation"
                : $"{maskPath} is not there. Check the path of the mask");
        if (NiftiFile.HasItsEnding(maskPath))
        {
            CaseImage image = CaseImage.Load(imagePath, null, cancellation);
            return image.With(LabelRegion.Read(maskPath, image, choice, Tolerance(settings, image), settings.CorrectMask, cancellation));
        }

        if (!DicomFiles.IsDicom(maskPath))
            throw DicomFiles.Neither(maskPath);
        ReadSegmentation segmentation = SegmentationReader.Open(maskPath);
        CaseImage source = CaseImage.Load(imagePath, segmentation.ReferencedSeriesUid, cancellation);
        return source.With(SegmentRegion.Read(segmentation, Path.GetFileName(maskPath), source, choice, Tolerance(settings, source), cancellation));
    }
}

/// <summary>A region that was put on an image's grid.</summary>
internal sealed record PlacedRegion(bool[] Mask, string Name, IReadOnlyList<string> Notes);

/// <summary>An image with the places of its slices.</summary>
/// <param name="Grid">Where masks are put.</param>
/// <param name="Planes">Where its slices lie.</param>
/// <param name="Nifti">The image from NIfTI; null for DICOM.</param>
/// <param name="Series">The DICOM series; null for NIfTI.</param>
internal sealed record CaseImage(ImageGrid Grid, ImagePlanes Planes, ScalarImage? Nifti, CtSeries? Series)
{
    public static CaseImage Load(string path, string? preferredSeries, CancellationToken cancellation)
    {
        if (File.Exists(path) && NiftiFile.HasItsEnding(path))
        {
            NiftiImage nifti = NiftiFile.ReadImage(path, cancellation);
            return new CaseImage(nifti.Image.Grid, ImagePlanes.Of(nifti.Image.Grid), nifti.Image, null);
        }

        if (File.Exists(path) && !DicomFiles.IsDicom(path))
            throw DicomFiles.Neither(path);
        CtSeries series = CtSeriesLoader.Load(DicomFiles.OfOneSeries(path, preferredSeries, cancellation), cancellation);
        return new CaseImage(VolumeImage.StackedGrid(series.Volume.Geometry), ImagePlanes.Of(series.Volume.Geometry), null, series);
    }

    public RadiomicsInput With(PlacedRegion region)
    {
        if (Series is null) return new RadiomicsInput(Nifti!, region.Mask, region.Name, region.Notes);
        Volume volume = Series.Volume;
        (ScalarImage image, bool[] mask) = VolumeImage.Of(volume, new Mask(volume.Geometry, region.Mask), whole: true);
        return new RadiomicsInput(image, mask, region.Name, [.. Series.Warnings, .. region.Notes, .. VolumeImage.Doubts(volume.Geometry)]);
    }
}
