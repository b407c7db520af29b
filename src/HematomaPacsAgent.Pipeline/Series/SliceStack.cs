using System.Globalization;
using System.Numerics;
using HematomaPacsAgent.Analysis;
using HematomaPacsAgent.Dicom;
using HematomaPacsAgent.Dicom.Objects;

namespace HematomaPacsAgent.Pipeline.Series;

/// <summary>Parallel planes of one series, one at each position: what can become a volume.</summary>
internal sealed class SliceStack
{
    /// <summary>Positions nearer than this are one: they are rounded in DICOM.</summary>
    public const double SamePositionMm = 0.05;

    private const double GapFactor = 1.5, MostAsideMm = 5, ApartFactor = 1.3, MostLost = 0.2;

    /// <summary>What a volume may hold: 2,000 slices of 512 x 512 and some more.</summary>
    private const long MostVoxels = 600_000_000;

    private const float Parallel = 0.999f;
    private const int Around = 3;

    /// <summary>From the skull's base to its vertex even a child's head is longer.</summary>
    private const double WholeHeadMm = 100;

    /// <param name="images">At least one; in any order.</param>
    /// <param name="part">Which part of its series it is, in words; null for all of it.</param>
    /// <param name="remarks">What was done to get one image at each position.</param>
    /// <param name="obstacle">Why it cannot be read, where that is known already.</param>
    public SliceStack(IEnumerable<CtInstance> images, string? part = null, IReadOnlyList<string>? remarks = null, string? obstacle = null)
    {
        Slices = [.. images.OrderBy(image => image.PositionMm).ThenBy(image => image.SopInstanceUid, StringComparer.Ordinal)];
        (Part, Remarks, KnownObstacle) = (part, remarks ?? [], obstacle);
    }

    /// <summary>Ascending along their normal.</summary>
    public IReadOnlyList<CtInstance> Slices { get; }

    public string? Part { get; }
    public IReadOnlyList<string> Remarks { get; }
    public CtInstance First => Slices[0];
    public string Name => Part is null ? First.SeriesName : $"{First.SeriesName} ({Part})";
    public bool IsOriginal => First.Header.GetStrings(DicomTag.ImageType) is not ["DERIVED", ..];

    /// <summary>The commonest thickness, mm.</summary>
    public double ThicknessMm => Slices.GroupBy(slice => slice.ThicknessMm).OrderByDescending(group => group.Count()).ThenBy(group => group.Key).First().Key;

    /// <summary>Median distance between neighbours, mm; null for one slice.</summary>
    public double? SpacingMm => Slices.Count < 2 ? null : Steps.Order().ElementAt((Slices.Count - 2) / 2);

    /// <summary>From the lower edge of the lowest slice to the upper edge of the highest, mm.</summary>
    public double CoverageMm => Slices[^1].PositionMm - Slices[0].PositionMm + (Slices[0].ThicknessMm + Slices[^1].ThicknessMm) / 2;

    /// <summary>When its first image was acquired as one sortable number of date and time; infinite where it is not said.</summary>
    public double AcquiredAt => Slices.Min(slice => Acquired(slice.Header));

    private string? KnownObstacle { get; }

    private List<CtInstance> Lost { get; } = [];

    /// <summary>Tells the stack of the images of its series that cannot be used; those that lie beyond its ends, or nobody knows where, leave the
    /// head truncated.</summary>
    public void Lose(IEnumerable<CtInstance> unusable) => Lost.AddRange(unusable.Where(IsBeyond));

    /// <summary>The lowest of its images' numbers; 0 where none has one.</summary>
    public int Lowest(DicomTag tag) => Slices.Min(slice => slice.Header.TryGetSingleValue(tag, out int number) ? number : 0);

    private double[] Steps => [.. Enumerable.Range(1, Slices.Count - 1).Select(i => Slices[i].PositionMm - Slices[i - 1].PositionMm)];

    /// <summary>Why the planes cannot be read as a head CT; null when they can, as far as headers tell.</summary>
    public string? Obstacle(SeriesRules rules)
    {
        if (Slices.Count < rules.MinSlices) return $"only {Slices.Count} parallel slices, at least {rules.MinSlices} are needed";
        if (KnownObstacle is not null) return KnownObstacle;
        if (Slices.Count > rules.MaxSlices) return $"{Slices.Count} slices; at most {rules.MaxSlices} are analysed";
        if ((long)First.Rows * First.Columns * Slices.Count is var voxels and > MostVoxels)
            return FormattableString.Invariant($"{voxels / 1e6:F0} million voxels; at most {MostVoxels / 1e6:F0} million are analysed");
        if (Gap() is { } gap) return gap;
        if (CoverageMm < rules.MinCoverageMm)
            return FormattableString.Invariant($"covers {CoverageMm:F0} mm; a head CT covers at least {rules.MinCoverageMm:F0} mm");
        if (CoverageMm > rules.MaxCoverageMm)
            return FormattableString.Invariant($"covers {CoverageMm:F0} mm; a head CT covers at most {rules.MaxCoverageMm:F0} mm");
        if (Lost.Count > MostLost * (Slices.Count + Lost.Count)) return $"{LostInWords()}; send the series again";
        return Aside();
    }

    public SourceSeries Source() => new(First.Header, [.. Slices.Select(slice => new SourceSlice(
        new InstanceReference(new DicomUID(slice.Header.GetString(DicomTag.SOPClassUID)), new DicomUID(slice.SopInstanceUid), slice.FrameNumber),
        slice.Header.GetStrings(DicomTag.ImagePositionPatient)))]);

    /// <exception cref="NotEligibleException">A slice's pixels cannot be read.</exception>
    public Volume Read(CancellationToken cancellation)
    {
        VolumeGeometry geometry = new(First.Columns, First.Rows, First.RowDirection, First.ColumnDirection, First.ColumnSpacingMm, First.RowSpacingMm,
            [.. Slices.Select(slice => slice.Origin)], First.ThicknessMm);
        short[] hounsfield = new short[(long)geometry.PixelsPerSlice * geometry.Slices];
        for (int slice = 0; slice < Slices.Count; slice++)
        {
            cancellation.ThrowIfCancellationRequested();
            HounsfieldReader.Read(Slices[slice], hounsfield.AsSpan(slice * geometry.PixelsPerSlice, geometry.PixelsPerSlice), slice + 1, cancellation);
        }

        return new Volume(geometry, hounsfield);
    }

    /// <summary>Doubts that do not keep it from being read: loss of detail, what the header says otherwise than the images.</summary>
    public IEnumerable<string> Doubts(SeriesRules rules)
    {
        foreach (string remark in Remarks) yield return remark;
        if (Lost.Count > 0) yield return LostInWords();
        if (SpacingMm > ApartFactor * ThicknessMm)
            yield return FormattableString.Invariant($"slices of {ThicknessMm:0.##} mm lie {SpacingMm:0.##} mm apart: the tissue between them was not imaged");
        if (Slices.Select(slice => HounsfieldReader.PaddingInTissueHu(slice.Header)).FirstOrDefault(hu => hu is not null) is { } padding)
            yield return $"PixelPaddingValue (0028,0120) stands for {padding} HU: tissue of that value was read as air";
        if (Slices.Select(slice => slice.Header.GetStringOrEmpty(DicomTag.PatientID)).Distinct().Count() > 1)
            yield return "PatientID (0010,0020) is not the same in all images of the series that was read: they may be of different patients";
        if (rules.MinCoverageMm > 0 && CoverageMm < WholeHeadMm)
            yield return FormattableString.Invariant($"covers only {CoverageMm:F0} mm: what of the head lies beyond was not seen");
        foreach (string remark in Slices.SelectMany(slice => HeaderRules.Remarks(slice.Header, rules)).Distinct()) yield return remark;
        if (Slices.Count(slice => slice.IsLossy) is var lossy and > 0)
            yield return $"{lossy} of {Slices.Count} slices were compressed with loss before they came here: small bleeds and the signs' textures may be blurred";
        if (Slices.Count(slice => slice.MayBeLossy) is var unsaid and > 0)
            yield return $"{unsaid} of {Slices.Count} slices may have been compressed with loss; they do not say (LossyImageCompression is missing)";
    }

    private string LostInWords() => $"{Lost.Count} images of the series that was read could not be used: "
        + string.Join("; ", Lost.Select(image => image.Obstacle).Distinct()) + "; part of the head may be missing";

    private bool IsBeyond(CtInstance image)
    {
        double[] orientation = CtInstance.Numbers(image.Header, DicomTag.ImageOrientationPatient);
        double[] origin = CtInstance.Numbers(image.Header, DicomTag.ImagePositionPatient);
        if (orientation.Length == 6 && Math.Abs(Vector3.Dot(First.Normal, Vector3.Normalize(
                Vector3.Cross(CtInstance.Direction(orientation, 0), CtInstance.Direction(orientation, 3))))) is not > Parallel) return false;
        if (origin.Length != 3) return true;
        float position = Vector3.Dot(CtInstance.Direction(origin, 0), First.Normal);
        return position < Slices[0].PositionMm - SamePositionMm || position > Slices[^1].PositionMm + SamePositionMm;
    }

    private string? Gap()
    {
        double[] steps = Steps;
        for (int i = 0; i < steps.Length; i++)
        {
            // Of the steps around, since protocols change from thin slices at the base to thick ones above.
            double[] around = [.. steps.Index().Where(step => step.Index != i && Math.Abs(step.Index - i) <= Around)
                .Select(step => step.Item).Order()];
            double usual = around.Length == 0 ? 0 : around[around.Length / 2];
            double expected = Math.Max(usual, Math.Max(Slices[i].ThicknessMm, Slices[i + 1].ThicknessMm));
            if (steps[i] > GapFactor * expected)
                return FormattableString.Invariant(
                    $"a gap of {steps[i]:F1} mm where {expected:F1} mm are expected, between slices {i + 1} and {i + 2} of {Slices.Count}: ")
                    + "images are missing. Send the series again";
        }

        return null;
    }

    /// <summary>The slices' first pixels lie on a line, upright or along the tilted gantry's table. One that lies aside has another field of view.</summary>
    private string? Aside()
    {
        Vector3 way = Slices[^1].Origin - Slices[0].Origin;
        double length = Slices[^1].PositionMm - Slices[0].PositionMm;
        foreach (CtInstance slice in Slices)
        {
            Vector3 expected = Slices[0].Origin + way * (float)((slice.PositionMm - Slices[0].PositionMm) / length);
            if (Vector3.Distance(expected, slice.Origin) is var aside and > (float)MostAsideMm)
                return FormattableString.Invariant($"the slices do not lie above each other: one lies {aside:F0} mm aside. ")
                    + "The table or the field of view moved during the scan";
        }

        return null;
    }

    private static double Acquired(DicomDataset header)
    {
        string moment = header.GetStringOrEmpty(DicomTag.AcquisitionDateTime);
        if (moment.Length == 0) moment = header.GetStringOrEmpty(DicomTag.AcquisitionDate) + header.GetStringOrEmpty(DicomTag.AcquisitionTime);
        return moment.Length >= 14 && double.TryParse(moment.Split('+', '-')[0], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double at)
            ? at : double.PositiveInfinity;
    }
}
