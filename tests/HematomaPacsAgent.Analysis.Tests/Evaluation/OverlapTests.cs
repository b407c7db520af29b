using System.Numerics;
using System.Text.Json;
using HematomaPacsAgent.Analysis.Evaluation;

namespace HematomaPacsAgent.Analysis.Tests.Evaluation;

/// <summary>Overlap, surfaces, detection and their sums on masks whose figures are known.</summary>
public sealed class OverlapTests
{
    private static readonly DetectionLimits Limits = new(0.1);
    private static readonly VolumeGeometry Grid = Goldens.Grid(20, 20, 4);

    [Fact]
    public void Half_shifted_boxes_have_an_IoU_of_a_third()
    {
        Mask truth = Goldens.Box(Grid, (4, 12), (5, 15), (0, 2)), found = Goldens.Box(Grid, (8, 16), (5, 15), (0, 2)),
            brain = Goldens.Box(Grid, (0, 20), (0, 20), (0, 2));
        Overlap overlap = Overlap.Of(truth, found, brain);
        Assert.Equal(1.0 / 3, overlap.Iou!.Value, 1e-12);
        Assert.Equal(0.5, overlap.Dice!.Value, 1e-12);
        Assert.Equal(1 - 160.0 / 1600, overlap.Accuracy, 1e-12);
        Assert.Equal(1 - 160.0 / 800, overlap.BrainAccuracy!.Value, 1e-12);
        ClassScore score = ClassScore.Of("hematoma", truth, found, brain, Limits);
        Assert.Equal(0.8, score.TruthMl, 1e-12);
        Assert.Equal((0.0, 0.0), (score.VolumeErrorMl, score.VolumeErrorPercent!.Value));
        Assert.Equal(new SliceCounts(2, 0, 2, 0, 0), score.Slices);
    }

    [Fact]
    public void Both_empty_is_no_overlap_and_no_distance_but_full_accuracy()
    {
        ClassScore score = ClassScore.Of("hematoma", new Mask(Grid), new Mask(Grid), new Mask(Grid), Limits);
        Assert.True(
            score is { Overlap: { Iou: null, Dice: null, Accuracy: 1, BrainAccuracy: null }, Hausdorff95Mm: null, VolumeErrorPercent: null, IsThere: false });
        Assert.Equal(new SliceCounts(0, 0, 4, 0, 0), score.Slices);
    }

    [Fact]
    public void An_empty_prediction_is_an_IoU_of_0_and_all_of_the_volume_missing()
    {
        Mask truth = Goldens.Box(Grid, (4, 12), (5, 15), (0, 2));
        ClassScore score = ClassScore.Of("hematoma", truth, new Mask(Grid), truth, Limits);
        Assert.True(score is { Overlap: { Iou: 0, Dice: 0 }, Hausdorff95Mm: null, VolumeErrorPercent: -100 });
        Assert.Equal(new SliceCounts(0, 2, 2, 0, 0), score.Slices);
    }

    [Fact]
    public void A_slice_with_less_truth_than_the_smallest_area_is_counted_nowhere()
    {
        Mask truth = Goldens.Box(Grid, (0, 3), (0, 3), (0, 1)), found = Goldens.Box(Grid, (0, 5), (0, 2), (0, 2));
        // 9 mm² of truth in slice 0; 10 mm² found in slices 0 and 1.
        Assert.Equal(new SliceCounts(0, 0, 2, 1, 1), SliceCounts.Of(truth, found, Limits));
    }

    [Fact]
    public void Hausdorff_95_is_scipy_s_with_tilt_and_uneven_slices()
    {
        JsonElement[] cases = [.. Goldens.Read("surfaces.json").EnumerateArray()];
        Assert.Equal(5, cases.Length);
        Assert.All(cases, golden =>
        {
            double[] spacing = golden.Numbers("spacing");
            int[] shape = [.. golden.Numbers("shape").Select(size => (int)size)];
            VolumeGeometry g = new(shape[2], shape[1], Vector3.UnitX, Vector3.UnitY, spacing[0], spacing[1],
                [.. golden.GetProperty("origins").EnumerateArray().Select(at => new Vector3(at[0].GetSingle(), at[1].GetSingle(), at[2].GetSingle()))], 5);
            Mask truth = Shape("truth"), found = Shape("found");
            Assert.Equal(golden.Numbers("voxels"), (double[])[truth.Voxels.Count(set => set), found.Voxels.Count(set => set)]);
            double hausdorff = SurfaceDistance.Hausdorff95Mm(truth, found)!.Value;
            Assert.Equal(golden.Number("hausdorff95Mm"), hausdorff, 1e-4);
            Assert.Equal(hausdorff, SurfaceDistance.Hausdorff95Mm(found, truth)!.Value);
            if (golden.GetProperty("name").GetString() == "uneven") return;
            Overlap overlap = Overlap.Of(truth, found, new Mask(g));
            Assert.Equal(golden.Number("iouOfVoxels"), overlap.Iou!.Value, 1e-6);
            Assert.Equal(golden.Number("diceOfVoxels"), overlap.Dice!.Value, 1e-6);

            Mask Shape(string key)
            {
                int[][] numbers = [.. golden.GetProperty(key).EnumerateArray()
                    .Select(three => (int[])[.. three.EnumerateArray().Select(one => one.GetInt32())])];
                return Goldens.Ellipsoid(g, numbers[0], numbers[1]);
            }
        });
    }

    [Fact]
    public void Masks_of_different_grids_are_refused() => Assert.Throws<ArgumentException>(() =>
        SurfaceDistance.Hausdorff95Mm(new Mask(Grid), new Mask(Goldens.Grid(20, 20, 4))));

    [Fact]
    public void A_summary_counts_strictly_above_and_by_stratum_and_regime()
    {
        SegmentationRow[] rows =
        [
            Row("a", "A", 4.99, 4, 0.6), Row("b", "A", 5, 6, 0.61), Row("c", "C", 30, 33, 0.8), Row("d", "C", 30.1, 20, 0.81),
            Row("e", null, 10, 0.05, 0), Row("f", "C", 0, 0, null), Row("g", "C", 0, 0.4, 0), new("h", "C", "no head", []),
        ];
        ClassSummary made = ClassSummary.Of("hematoma", rows, Limits);
        Assert.Equal((7, 5), (made.N, made.Overall.N));
        Assert.Equal((3, 1), (made.Overall.IouAbove06.Count, made.Overall.IouAbove08.Count));
        Assert.Equal(0.61, made.Overall.Iou!.Median);
        Assert.Equal([("<5 ml", 1), ("5-30 ml", 3), (">30 ml", 1)], made.ByVolume.Select(stratum => (stratum.Group, stratum.N)));
        Assert.Equal([("A", 2), ("C", 2), ("unknown", 1)], made.ByRegime.Select(regime => (regime.Group, regime.N)));
        Assert.Equal((4, 5), (made.PerPatient.Sensitivity.Count, made.PerPatient.Sensitivity.Total));
        Assert.Equal((1, 2), (made.PerPatient.Specificity.Count, made.PerPatient.Specificity.Total));
        Assert.Equal((0.2, 0.4), (made.FalseVolumeMl!.Median, made.FalseVolumeMl.Maximum));
        Assert.Equal(rows.Take(5).Average(row => row.Classes[0].VolumeErrorMl), made.VolumeAgreement!.Bias, 1e-12);

        ClassSummary none = ClassSummary.Of("ivh", rows, Limits);
        Assert.True(none is { N: 0, Overall: { N: 0, Iou: null, IouAbove06.Share: null }, VolumeAgreement: null, FalseVolumeMl: null });
    }

    private static SegmentationRow Row(string name, string? regime, double truthMl, double foundMl, double? iou) => new(name, regime, null,
        [new ClassScore("hematoma", truthMl, foundMl, new Overlap(iou, iou, 1, 1), null, new SliceCounts(1, 1, 1, 1, 1))]);
}
