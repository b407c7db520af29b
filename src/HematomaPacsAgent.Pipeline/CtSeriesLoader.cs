using System.Buffers.Binary;
using HematomaPacsAgent.Analysis;
using HematomaPacsAgent.Dicom;
using HematomaPacsAgent.Dicom.Codecs;
using HematomaPacsAgent.Dicom.Objects;

namespace HematomaPacsAgent.Pipeline;

/// <summary>The head CT that was chosen from a study.</summary>
/// <param name="Volume">Hounsfield units on the acquisition grid, inferior slice first.</param>
/// <param name="Source">The same slices as SEG and SR must name them.</param>
/// <param name="Warnings">What was left aside and why, in plain words.</param>
public sealed record CtSeries(Volume Volume, SourceSeries Source, IReadOnlyList<string> Warnings);

/// <summary>Instances to a volume: where the DICOM world and the world of arrays meet.</summary>
public static class CtSeriesLoader
{
    private const int FewestSlices = 8, MostSlices = 2000;
    private const short Air = -1024;

    /// <summary>
    /// Chooses the head CT among the instances of a study and builds its volume. Slices are sorted along their normal (a head-first scan
    /// ends up inferior to superior)
    /// and stay where they were acquired: gantry tilt and uneven spacing are kept.
    /// </summary>
    /// <param name="files">Paths of all instances of one study.</param>
    /// <param name="cancellation">Checked at each file.</param>
    /// <exception cref="NotEligibleException">No series can be analysed; the message says why for each.</exception>
    public static CtSeries Load(IReadOnlyList<string> files, CancellationToken cancellation)
    {
        List<CtInstance> instances = [];
        List<string> warnings = [];
        foreach (string file in files)
        {
            cancellation.ThrowIfCancellationRequested();
            try
            {
                instances.Add(CtInstance.Read(file));
            }
            catch (DicomFormatException unreadable)
            {
                warnings.Add($"left aside: {unreadable.Message}");
            }
        }

        if (instances.Count == 0)
            throw new NotEligibleException($"no readable DICOM image among {files.Count} files{(warnings.Count > 0 ? ": " + warnings[0] : "")}");
        List<CtInstance> stack = Choose(instances, warnings);
        if (stack.Count(slice => slice.IsLossy) is var lossy and > 0)
            warnings.Add($"{lossy} of {stack.Count} slices were compressed with loss before they came here: small bleeds and the signs' textures may be blurred");
        if (stack.Count(slice => slice.MayBeLossy) is var unsaid and > 0)
            warnings.Add($"{unsaid} of {stack.Count} slices may have been compressed with loss; they do not say (LossyImageCompression is missing)");
        CheckPositions(stack);
        return new CtSeries(BuildVolume(stack, cancellation), new SourceSeries(stack[0].Header, [.. stack.Select(AsSource)]), warnings);
    }

    /// <summary>
    /// The longest stack of parallel slices that is no bone reconstruction where there is another; of equally long ones the one nearest to
    /// 5 mm slices,
    /// then the lowest series UID, so that the choice never varies.
    /// </summary>
    private static List<CtInstance> Choose(List<CtInstance> instances, List<string> warnings)
    {
        List<List<CtInstance>> stacks = [];
        foreach (CtInstance instance in instances.Where(instance => instance.Obstacle is null))
            if (stacks.Find(stack => stack[0].StacksWith(instance)) is { } found) found.Add(instance);
            else stacks.Add([instance]);
        foreach (List<CtInstance> stack in stacks) stack.Sort((a, b) => a.PositionMm.CompareTo(b.PositionMm));

        List<string> rejected = [.. instances.Where(instance => instance.Obstacle is not null)
            .GroupBy(instance => (instance.SeriesName, instance.Obstacle)).Select(group => $"{group.Key.SeriesName} ({group.Count()} images): {group.Key.Obstacle}")];
        foreach (List<CtInstance> stack in stacks.Where(stack => stack.Count < FewestSlices))
            rejected.Add($"{stack[0].SeriesName}: only {stack.Count} parallel slices, at least {FewestSlices} are needed");
        stacks.RemoveAll(stack => stack.Count < FewestSlices);
        if (stacks.Count == 0) throw new NotEligibleException("no head CT series to analyse: " + string.Join("; ", rejected));

        List<CtInstance> best = stacks
            .OrderBy(stack => stack[0].IsBoneKernel)
            .ThenByDescending(stack => Math.Round((stack[^1].PositionMm - stack[0].PositionMm + stack[0].ThicknessMm) / 20))
            .ThenBy(stack => Math.Abs(stack[0].ThicknessMm - 5))
            .ThenBy(stack => stack[0].SeriesInstanceUid, StringComparer.Ordinal)
            .First();
        rejected.AddRange(stacks.Where(stack => stack != best).Select(stack =>
            $"{stack[0].SeriesName}: another series covers the head better, is no bone reconstruction or has slices nearer to 5 mm"));
        warnings.AddRange(rejected.Select(reason => "not used: " + reason));
        return best;
    }

    private static void CheckPositions(List<CtInstance> stack)
    {
        string name = stack[0].SeriesName;
        if (stack.Count > MostSlices) throw new NotEligibleException($"{name} has {stack.Count} slices; at most {MostSlices} are analysed");
        double[] steps = [.. Enumerable.Range(1, stack.Count - 1).Select(i => stack[i].PositionMm - stack[i - 1].PositionMm)];
        int doubled = steps.Count(step => step < 0.05);
        if (doubled > 0)
            throw new NotEligibleException($"{name} holds {doubled} pairs of images at the same position: it mixes two acquisitions. Send each as a series of its own");
        double usual = steps.Order().ElementAt(steps.Length / 2);
        for (int i = 0; i < steps.Length; i++)
        {
            double expected = Math.Max(usual, Math.Max(stack[i].ThicknessMm, stack[i + 1].ThicknessMm));
            if (steps[i] > 1.5 * expected)
                throw new NotEligibleException(FormattableString.Invariant(
                    $"{name} has a gap of {steps[i]:F1} mm where {expected:F1} mm are expected, between slices {i + 1} and {i + 2} of {stack.Count}: ")
                    + "images are missing. Send the series again");
        }
    }

    private static Volume BuildVolume(List<CtInstance> stack, CancellationToken cancellation)
    {
        CtInstance first = stack[0];
        VolumeGeometry geometry = new(first.Columns, first.Rows, first.RowDirection, first.ColumnDirection, first.ColumnSpacingMm, first.RowSpacingMm,
            [.. stack.Select(slice => slice.Origin)], first.ThicknessMm);
        short[] hounsfield = new short[(long)geometry.PixelsPerSlice * geometry.Slices];
        for (int slice = 0; slice < stack.Count; slice++)
        {
            cancellation.ThrowIfCancellationRequested();
            ReadHounsfield(stack[slice], hounsfield.AsSpan(slice * geometry.PixelsPerSlice, geometry.PixelsPerSlice), slice + 1, cancellation);
        }

        return new Volume(geometry, hounsfield);
    }

    /// <summary>Stored values to Hounsfield units by the slice's own rescale; padding and everything below air becomes air.</summary>
    /// <remarks>PS3.3 §C.11.1.1.2 (Modality LUT), §C.7.5.1.1.2 (Pixel Padding Value).</remarks>
    private static void ReadHounsfield(CtInstance slice, Span<short> hounsfield, int number, CancellationToken cancellation)
    {
        DicomDataset header = slice.Header;
        byte[] pixels;
        try
        {
            pixels = new DicomPixelData(header, slice.TransferSyntax).GetFrame(0, cancellation);
        }
        catch (DicomFormatException e)
        {
            throw new NotEligibleException($"{slice.SeriesName}, slice {number}: {e.Message}. Send the series again", e);
        }

        int stored = header.GetSingleValue<ushort>(DicomTag.BitsStored), high = header.GetSingleValue<ushort>(DicomTag.HighBit);
        if (stored is < 1 or > 16 || high != stored - 1)
            throw new NotEligibleException($"{slice.SeriesName}, slice {number}: {stored} bits stored with high bit {high} is not an image this version reads");
        bool signed = header.GetSingleValue<ushort>(DicomTag.PixelRepresentation) == 1;
        double slope = CtInstance.Numbers(header, DicomTag.RescaleSlope)[0], intercept = CtInstance.Numbers(header, DicomTag.RescaleIntercept)[0];
        (int low, int highest) = Padding(header, signed);

        ReadOnlySpan<byte> bytes = pixels;
        int unused = 16 - stored;
        for (int k = 0; k < hounsfield.Length; k++)
        {
            int raw = BinaryPrimitives.ReadUInt16LittleEndian(bytes[(2 * k)..]);
            int value = signed ? (short)(raw << unused) >> unused : (ushort)(raw << unused) >> unused;
            double hu = value >= low && value <= highest ? Air : Math.Round(value * slope + intercept);
            hounsfield[k] = (short)Math.Clamp(hu, Air, short.MaxValue);
        }
    }

    /// <summary>The stored values that mean "no measurement here": the padding value, or the range to its limit; an empty range when there
    /// is none.</summary>
    private static (int Low, int High) Padding(DicomDataset header, bool signed)
    {
        int? value = Read(DicomTag.PixelPaddingValue);
        if (value is null) return (int.MaxValue, int.MinValue);
        int limit = Read(DicomTag.PixelPaddingRangeLimit) ?? value.Value;
        return (Math.Min(value.Value, limit), Math.Max(value.Value, limit));

        // US or SS by pixel representation; read here as the 16 bits they are.
        int? Read(DicomTag tag) => header.FirstOrDefault(item => item.Tag == tag) is DicomElement { Length: >= 2 } element
            ? signed ? BinaryPrimitives.ReadInt16LittleEndian(element.Bytes.Span) : BinaryPrimitives.ReadUInt16LittleEndian(element.Bytes.Span)
            : null;
    }

    private static SourceSlice AsSource(CtInstance slice) => new(
        new InstanceReference(new DicomUID(slice.Header.GetString(DicomTag.SOPClassUID)), new DicomUID(slice.SopInstanceUid)),
        slice.Header.GetStrings(DicomTag.ImagePositionPatient));
}
