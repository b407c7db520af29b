using System.Globalization;
using HematomaPacsAgent.Analysis;
using HematomaPacsAgent.Dicom;
using HematomaPacsAgent.Dicom.Objects;
using HematomaPacsAgent.Pipeline.Series;
using static HematomaPacsAgent.Dicom.Objects.RelationshipType;

namespace HematomaPacsAgent.Pipeline.Findings;

/// <summary>
/// The findings as a TID 1500 report. The hematoma is one TID 1411 group whose Image Regions outline it slice by slice, largest slice first, and which shares its
/// tracking UID with the SEG's segment; where none is found, a TID 1410 group outlines the region that was analysed, and the report says "absent".
/// </summary>
internal static class FindingsReport
{
    /// <param name="series">The CT.</param>
    /// <param name="region">The hematoma, or without one the intracranial region that was analysed.</param>
    /// <param name="findings">Outcome hematoma or no-hematoma.</param>
    /// <param name="segmentation">Series and instance of the SEG, if there is one.</param>
    /// <param name="replaced">Series and instance of the report that this one supersedes, if there is one.</param>
    /// <param name="identity">UIDs and time.</param>
    /// <param name="sendDemonstrationProbability">False withholds the probability of a demonstration nomogram and says so.</param>
    public static DicomDataset Build(CtSeries series, Mask region, HematomaFindings findings, (DicomUID Series, InstanceReference Instance)? segmentation,
        (DicomUID Series, InstanceReference Instance)? replaced, FindingsIdentity identity, bool sendDemonstrationProbability)
    {
        bool found = findings.Outcome == Outcome.Hematoma;
        return new MeasurementReport
        {
            Source = series.Source,
            Identity = identity.Report(Notices.Mark(findings)),
            DeviceObserverUid = DicomUID.Derive("HematomaPacsAgent", FindingsIdentity.Equipment.SoftwareVersions),
            ProcedureReported = Codes.CtOfHead,
            Predecessor = replaced,
            OtherEvidence = segmentation is { } evidence ? [evidence] : [],
            MeasurementGroups = [found ? HematomaGroup(series, region, findings, identity, sendDemonstrationProbability) : AnalysedRegionGroup(series, region, findings, identity)],
            QualitativeEvaluations = [.. Evaluations(findings, found, sendDemonstrationProbability)],
        }.Build();
    }

    private static ContentItem HematomaGroup(CtSeries series, Mask hematoma, HematomaFindings findings, FindingsIdentity identity, bool sendDemonstrationProbability)
    {
        SegmentationFindings segmentation = findings.Segmentation!;
        List<ContentItem> items =
        [
            .. Head(FindingsSegmentation.TrackingId, identity.HematomaTrackingUid, Codes.Hemorrhage, segmentation),
            .. Outlines(series, hematoma),
            ContentItem.Number(Codes.Volume, segmentation.VolumesMl["hematoma"], Codes.CubicCentimetre,
                [ContentItem.Code(HasConceptMod, Codes.MeasurementMethod, Codes.SummedVoxels)]),
        ];
        if (segmentation.MeanHounsfield is { } mean)
            items.Add(ContentItem.Number(Codes.Attenuation, mean, Codes.HounsfieldUnit, [ContentItem.Code(HasConceptMod, Codes.Derivation, Codes.Mean)]));
        if (findings.Radiomics is { } radiomics)
        {
            if (radiomics.Values.GetValueOrDefault("original_shape_Maximum3DDiameter") is { } diameter)
                items.Add(ContentItem.Number(Codes.MaximumDiameter3D, diameter, Codes.Millimetre));
            if (radiomics.Values.GetValueOrDefault("original_shape_Sphericity") is { } sphericity)
                items.Add(ContentItem.Number(Codes.Sphericity, sphericity, Codes.NoUnits));
        }

        foreach (SignFindings sign in findings.Signs)
        {
            var (concept, probability, _) = Codes.Sign(sign.Code);
            items.Add(ContentItem.Code(Contains, concept, Codes.Presence(sign.State)));
            items.Add(ContentItem.Number(probability, 100 * sign.Probability, Codes.Percent,
                new AlgorithmIdentification(sign.Model, sign.Version, $"sha256={sign.Sha256}").ToContent()));
        }

        if (findings.Nomogram is { } nomogram && findings.Radscore is { } radscore)
        {
            string parameters = $"sha256={nomogram.Sha256}; intendedUse={nomogram.IntendedUse}";
            ContentItem[] algorithm = [.. new AlgorithmIdentification(nomogram.Model, nomogram.Version, parameters).ToContent()];
            items.Add(ContentItem.Number(Codes.Radscore, radscore, Codes.NoUnits, algorithm));
            if (MaySend(nomogram, sendDemonstrationProbability))
            {
                items.Add(ContentItem.Number(Codes.LinearPredictor, nomogram.LinearPredictor, Codes.NoUnits, algorithm));
                items.Add(ContentItem.Number(Codes.Points, nomogram.Points, Codes.NoUnits, algorithm));
                items.Add(ContentItem.Number(Codes.ExpansionProbability, 100 * nomogram.Probability, Codes.Percent, algorithm));
            }
        }

        return ContentItem.Container(Contains, Codes.MeasurementGroup, "1411", items);
    }

    private static ContentItem AnalysedRegionGroup(CtSeries series, Mask region, HematomaFindings findings, FindingsIdentity identity)
    {
        int slice = region.LargestSlice;
        VolumeGeometry geometry = region.Geometry;
        return ContentItem.Container(Contains, Codes.MeasurementGroup, "1410",
        [
            .. Head("Analysed region", identity.RegionTrackingUid, Codes.Brain, findings.Segmentation!),
            Outline(series, MaskOutline.Trace(region.Slice(slice), geometry.Columns)[0], slice),
            ContentItem.Number(Codes.Area, region.CountIn(slice) * geometry.ColumnSpacingMm * geometry.RowSpacingMm, Codes.SquareMillimetre),
        ]);
    }

    private static IEnumerable<ContentItem> Head(string trackingId, DicomUID trackingUid, CodedConcept finding, SegmentationFindings segmentation) =>
    [
        ContentItem.Text(HasObsContext, Codes.TrackingIdentifier, trackingId),
        ContentItem.UidReference(HasObsContext, Codes.TrackingUid, trackingUid),
        .. FindingsSegmentation.Algorithm(segmentation).ToContent(),
        ContentItem.Code(Contains, Codes.Finding, finding),
        ContentItem.Code(HasConceptMod, Codes.FindingSite, Codes.Brain),
    ];

    private static IEnumerable<ContentItem> Outlines(CtSeries series, Mask mask) =>
        Enumerable.Range(0, mask.Geometry.Slices)
            .Where(slice => mask.CountIn(slice) > 0)
            .OrderByDescending(mask.CountIn)
            .SelectMany(slice => MaskOutline.Trace(mask.Slice(slice), mask.Geometry.Columns).Select(points => Outline(series, points, slice)));

    private static ContentItem Outline(CtSeries series, IReadOnlyList<(float Column, float Row)> points, int slice) =>
        ContentItem.Outline(Codes.ImageRegion, points, series.Source.Slices[slice].Instance);

    private static IEnumerable<ContentItem> Evaluations(HematomaFindings findings, bool found, bool sendDemonstrationProbability)
    {
        yield return ContentItem.Code(Contains, Codes.Hematoma, found ? Codes.Present : Codes.Absent);
        if (findings.Nomogram is { } nomogram && MaySend(nomogram, sendDemonstrationProbability))
            yield return ContentItem.Code(Contains, Codes.ExpansionRisk, Codes.Grade(nomogram.Grade));
        yield return ContentItem.Text(Contains, Codes.Comment, findings.Reason);
        foreach (string notice in Notices.Of(findings))
            yield return ContentItem.Text(Contains, Codes.Comment, notice);
        if (findings.Nomogram is { } withheld && !MaySend(withheld, sendDemonstrationProbability))
            yield return ContentItem.Text(Contains, Codes.Comment, Notices.ProbabilityWithheld);
        foreach (string warning in findings.Warnings)
            yield return ContentItem.Text(Contains, Codes.Comment, string.Create(CultureInfo.InvariantCulture, $"Note: {warning}"));
    }

    private static bool MaySend(NomogramFindings nomogram, bool sendDemonstrationProbability) =>
        nomogram.IntendedUse != "demonstration" || sendDemonstrationProbability;
}
