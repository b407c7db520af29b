using HematomaPacsAgent.Analysis;
using HematomaPacsAgent.Analysis.Models;
using HematomaPacsAgent.Dicom;
using HematomaPacsAgent.Dicom.Objects;

namespace HematomaPacsAgent.Pipeline.Series;

/// <summary>The head CT that was chosen from a study.</summary>
/// <param name="Volume">Hounsfield units on the acquisition grid, slices ascending along their normal.</param>
/// <param name="Source">The same slices as SEG and SR must name them.</param>
/// <param name="Warnings">What was left aside and why, in plain words.</param>
public sealed record CtSeries(Volume Volume, SourceSeries Source, IReadOnlyList<string> Warnings)
{
    /// <summary>The volume as the analysis takes it, and the way back to the acquisition grid.</summary>
    public CanonicalOrientation Canonical { get; init; } = CanonicalOrientation.Of(Volume);

    /// <summary>Inside of the skull, on the canonical grid; null where the anatomy was not asked for.</summary>
    public IntracranialSpace? Space { get; init; }

    /// <summary>Every series of the study and what became of it, the chosen one first.</summary>
    public IReadOnlyList<SeriesCandidate> Candidates { get; init; } = [];
}

/// <summary>Instances to a volume: where the DICOM world and the world of arrays meet.</summary>
public static class CtSeriesLoader
{
    /// <summary>
    /// Chooses the non-contrast head CT among the instances of a study by the rules and builds its volume. Headers decide which stacks of slices may be
    /// read and in what order; the first whose pixels show a head without bright vessels is taken. Slices stay where they were acquired: gantry tilt
    /// and uneven spacing are kept.
    /// </summary>
    /// <param name="files">Paths of all instances of one study.</param>
    /// <param name="rules">What may be read.</param>
    /// <param name="cancellation">Checked at each file.</param>
    /// <exception cref="NotEligibleException">No series can be analysed; the message says why for each.</exception>
    public static CtSeries Load(IReadOnlyList<string> files, SeriesRules rules, CancellationToken cancellation) =>
        Load(files, rules, anatomy: true, cancellation);

    /// <summary>The same for measuring a region that somebody else drew: any CT volume, whatever it shows and however little it covers.</summary>
    /// <inheritdoc cref="Load(IReadOnlyList{string}, SeriesRules, CancellationToken)"/>
    public static CtSeries Load(IReadOnlyList<string> files, CancellationToken cancellation) =>
        Load(files, new SeriesRules { MinCoverageMm = 0, MaxCoverageMm = 5000 }, anatomy: false, cancellation);

    private static CtSeries Load(IReadOnlyList<string> files, SeriesRules rules, bool anatomy, CancellationToken cancellation)
    {
        List<CtInstance> instances = [];
        List<string> leftAside = [];
        foreach (string file in files)
        {
            cancellation.ThrowIfCancellationRequested();
            try
            {
                instances.AddRange(CtInstance.Read(file, rules));
            }
            catch (Exception unreadable) when (unreadable is DicomFormatException or DicomValueException)
            {
                leftAside.Add(LeftAside.Cause(file, unreadable.Message));
            }
        }

        List<string> warnings = [.. LeftAside.InWords(leftAside)];

        if (instances.Count == 0)
            throw new NotEligibleException($"no readable DICOM image among {files.Count} files{(warnings.Count > 0 ? ": " + warnings[0] : "")}");
        SeriesChoice choice = SeriesChoice.Among(instances, rules, cancellation);
        List<SeriesCandidate> rejected = [];
        foreach ((int index, SliceStack stack) in choice.Ranked.Index())
        {
            (CtSeries? series, string? obstacle) = Read(stack, rules, anatomy, cancellation);
            if (series is null)
            {
                rejected.Add(SeriesCandidate.Of(stack, SeriesVerdict.Rejected, obstacle!));
                continue;
            }

            SliceStack[] behind = [.. choice.Ranked.Skip(index + 1)];
            string reason = behind.Length == 0 ? "the only series that may be read" : $"the best of {behind.Length + 1} that may be read";
            rejected.AddRange(behind.Select(other => SeriesCandidate.Of(other, SeriesVerdict.Rejected, choice.WhyBehind(other, stack))));
            rejected.AddRange(choice.Refused);
            return series with
            {
                Candidates = [SeriesCandidate.Of(stack, SeriesVerdict.Chosen, [reason, .. series.Warnings]), .. rejected],
                Warnings = [.. warnings, .. rejected.Select(row => "not used: " + InWords(row)), .. series.Warnings],
            };
        }

        rejected.AddRange(choice.Refused);
        throw new NotEligibleException("no head CT series to analyse: " + string.Join("; ", rejected.Select(InWords))) { Candidates = rejected };
    }

    private static (CtSeries? Series, string? Obstacle) Read(SliceStack stack, SeriesRules rules, bool anatomy, CancellationToken cancellation)
    {
        try
        {
            Volume volume = stack.Read(cancellation);
            CtSeries series = new(volume, stack.Source(), [.. stack.Doubts(rules)]);
            if (!anatomy) return (series, null);
            Volume canonical = series.Canonical.Volume;
            IntracranialSpace space = IntracranialSpace.Find(canonical);
            if (!space.LooksLikeHead) return (null, $"the images do not show a head: {space.Reason}");
            if (rules.AngiographyFromMl > 0 && VesselContrast.Measure(canonical, space) is var vessels && vessels.LooksLikeAngiography(rules.AngiographyFromMl))
                return (null, FormattableString.Invariant(
                    $"{vessels.VolumeMl:F0} ml inside the skull are as bright as vessels with contrast: CT angiography by its pixels. ")
                    + "Where it is plain after all (calcification in many places), raise Series:AngiographyFromMl");
            return (series with { Space = space }, null);
        }
        catch (NotEligibleException unread)
        {
            return (null, unread.Message);
        }
        catch (Exception malformed) when (malformed is DicomValueException or ArgumentException or OverflowException)
        {
            // One malformed series does not cost the study the good one beside it.
            return (null, $"it is malformed: {malformed.Message}");
        }
    }

    private static string InWords(SeriesCandidate row)
    {
        string uid = row.SeriesInstanceUid, name = row.SeriesNumber is { } number ? $"series {number}" : $"series …{uid[Math.Max(0, uid.Length - 8)..]}";
        return $"{name} ({(row.Part is null ? "" : row.Part + ", ")}{row.Images} images): {string.Join("; ", row.Reasons)}";
    }
}
