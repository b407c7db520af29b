using System.Numerics;
using HematomaPacsAgent.Analysis.Models;
using HematomaPacsAgent.Analysis.Models.Engine;

namespace HematomaPacsAgent.Analysis.Tests.Models.Engine;

/// <summary>Packages of tiny networks through the segmenter's front door.</summary>
public sealed class AnyPackageTests
{
    private static readonly Volume Scan = TinyPackages.Scan();

    [Fact]
    public void An_nnU_Net_ensemble_gives_the_mask_of_the_reference_on_the_source_grid()
    {
        HematomaSegmentation found = Segment(TinyPackages.NnUnet(TinyPackages.Same));
        float[] back = TinyPackages.Read("nnunet.back");
        int voxels = back.Length / 2;
        AgreesWith(found.Mask, i => back[voxels + i] - back[i]);
        Assert.Equal((4, "cpu"), (found.Passes, found.Device.ToString()));
        Assert.InRange(found.MeanUncertainty!.Value, 0.001, 0.5);
        VolumeInterval interval = found.VolumeIntervalsMl["hematoma"];
        Assert.Equal("members", interval.Method);
        Assert.InRange(found.Mask.VolumeMl, interval.LowMl, interval.HighMl);
    }

    [Fact]
    public void A_sigmoid_model_gives_a_mask_for_each_class_and_a_probability_band()
    {
        HematomaSegmentation found = Segment(TinyPackages.Monai("same-a"));
        float[] back = TinyPackages.Read("monai.back");
        int voxels = back.Length / 2;
        AgreesWith(found.Masks["hematoma"], i => back[voxels + i]);
        AgreesWith(found.Masks["edema"], i => back[i]);
        Assert.Same(found.Mask, found.Masks["hematoma"]);
        Assert.Null(found.MeanUncertainty);
        double odds = Math.Log(3), ml = Scan.Geometry.VoxelMl(0);
        VolumeInterval interval = found.VolumeIntervalsMl["hematoma"];
        Assert.Equal("probability band", interval.Method);
        Assert.Equal(back[voxels..].Count(logit => logit >= odds) * ml, interval.LowMl, 2 * ml);
        Assert.Equal(back[voxels..].Count(logit => logit >= -odds) * ml, interval.HighMl, 2 * ml);
    }

    [Fact]
    public void The_interval_of_an_ensemble_spans_what_its_members_say_alone()
    {
        ModelManifest both = TinyPackages.Context(TinyPackages.Valid);
        double[] alone = [.. TinyPackages.Valid.Select((name, i) => Segment(both with { Files = [both.Files[i]] }, name: name).Mask.VolumeMl)];
        VolumeInterval interval = Segment(both).VolumeIntervalsMl["hematoma"];
        Assert.True(alone.Max() - alone.Min() > 0.01);
        Assert.InRange(interval.LowMl, 0, alone.Min() + 1e-9);
        Assert.InRange(interval.HighMl, alone.Max() - 1e-9, double.MaxValue);
    }

    [Fact]
    public void Nothing_outside_the_brain_crop_is_looked_at()
    {
        ModelManifest manifest = TinyPackages.NnUnet("same-a");
        Mask brain = new(Scan.Geometry);
        for (int slice = 2; slice < 6; slice++)
            for (int row = 8; row < 16; row++) brain.Voxels.AsSpan((slice * 24 + row) * 20 + 6, 8).Fill(true);
        ModelGeometry geometry = manifest.Geometry with { Crop = CropRule.Brain, CropMarginMm = 2 };
        HematomaSegmentation whole = Segment(manifest), cropped = Segment(manifest with { Geometry = geometry }, new IntracranialSpace(brain, ""), "cropped");
        Assert.True(cropped.Runs < whole.Runs);
        SourceBox box = SourceBox.Around(brain, 2);
        Assert.Equal(new SourceBox(2, 5, 6, 17, 3, 16), box);
        Assert.False(cropped.Mask.IsEmpty);
        for (int i = 0; i < cropped.Mask.Voxels.Length; i++)
            if (cropped.Mask.Voxels[i])
                Assert.True(i / 480 is >= 2 and <= 5 && i % 480 / 20 is >= 6 and <= 17 && i % 20 is >= 3 and <= 16, $"voxel {i}");
    }

    [Fact]
    public void Patches_that_cannot_change_the_answer_are_not_run()
    {
        Mask brain = new(Scan.Geometry);
        for (int slice = 2; slice < 4; slice++)
            for (int row = 3; row < 9; row++) brain.Voxels.AsSpan((slice * 24 + row) * 20 + 4, 5).Fill(true);
        foreach (ModelManifest all in (ModelManifest[])[TinyPackages.NnUnet(TinyPackages.Same), TinyPackages.Monai("same-a"), TinyPackages.Slices("plane")])
        {
            IntracranialSpace space = new(brain, "");
            HematomaSegmentation whole = Segment(all, space);
            HematomaSegmentation inside = Segment(all with { Postprocessing = [new PostprocessingStep(PostprocessingOp.InsideIntracranial)] }, space);
            Assert.True(inside.Runs < whole.Runs, $"{inside.Runs} of {whole.Runs}");
            Assert.Equal(whole.Mask.Voxels.Zip(brain.Voxels, (found, wanted) => found && wanted), inside.Mask.Voxels);
            Assert.False(inside.Mask.IsEmpty);
        }
    }

    [Theory]
    [InlineData(1, 20)]
    [InlineData(3, 7)]
    [InlineData(5, 1)]
    public void A_scan_smaller_than_a_patch_is_segmented(int slices, int side)
    {
        VolumeGeometry grid = ComponentsTests.Grid(side, side, slices);
        Volume small = new(grid, new short[side * side * slices]);
        foreach (ModelManifest manifest in (ModelManifest[])[TinyPackages.NnUnet("same-a"), TinyPackages.Monai("same-a"), TinyPackages.Context("valid-a")])
            Assert.Same(grid, Segment(manifest, volume: small).Mask.Geometry);
    }

    [Fact]
    public void The_work_grows_linearly_with_the_slices()
    {
        int[] runs = [.. ((int[])[20, 40, 80]).Select(slices =>
        {
            VolumeGeometry grid = ComponentsTests.Grid(20, 20, slices);
            return Segment(TinyPackages.NnUnet("same-a"), volume: new Volume(grid, new short[400 * slices]), name: "linear").Runs;
        })];
        Assert.InRange((double)runs[1] / runs[0], 1.8, 2.3);
        Assert.InRange((double)runs[2] / runs[1], 1.8, 2.3);
    }

    [Fact]
    public void Values_that_are_no_numbers_are_an_error_that_names_the_file()
    {
        ModelPackageException wrong = Assert.Throws<ModelPackageException>(() => Segment(TinyPackages.NnUnet("logarithm")));
        Assert.Contains("logarithm.onnx", wrong.Message, StringComparison.Ordinal);
        Assert.Contains("no numbers", wrong.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_output_of_another_size_is_an_error_that_names_the_file()
    {
        ModelManifest manifest = TinyPackages.NnUnet("same-a");
        ModelPackageException wrong = Assert.Throws<ModelPackageException>(() => Segment(manifest with { Output = manifest.Output with { Channels = 3 } }));
        Assert.Contains("same-a", wrong.Message, StringComparison.Ordinal);
        Assert.Contains("output.channels", wrong.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_scan_beyond_the_packages_limits_is_not_analysed_and_the_reason_is_said()
    {
        ModelManifest manifest = TinyPackages.NnUnet(TinyPackages.Same);
        Abstains("8 slices, it needs 9", new ModelAbstention { MinSlices = 9 });
        Abstains("4.0 mm apart, at most 3.5", new ModelAbstention { MaxSliceSpacingMm = 3.5 });
        Abstains("passes disagree", new ModelAbstention { MaxEnsembleSd = 1e-4 });
        VolumeGeometry g = Scan.Geometry;
        VolumeGeometry tilted = new(g.Columns, g.Rows, g.RowDirection, g.ColumnDirection, g.ColumnSpacingMm, g.RowSpacingMm,
            [.. g.Origins.Select(origin => origin + new Vector3(0, origin.Z * 0.3f, 0))], 4);
        ModelAbstainsException reason = Assert.Throws<ModelAbstainsException>(() => Segment(
            manifest with { Geometry = manifest.Geometry with { Tilt = TiltRule.Reject } }, volume: new Volume(tilted, Scan.Hounsfield)));
        Assert.Contains("16.7 degrees", reason.Message, StringComparison.Ordinal);

        void Abstains(string told, ModelAbstention limits) => Assert.Contains(told,
            Assert.Throws<ModelAbstainsException>(() => Segment(manifest with { Abstain = limits }, name: "abstains")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_cancelled_run_does_not_run_another_patch()
    {
        using HematomaSegmenter segmenter = HematomaSegmenter.Load(TinyPackages.Write(TinyPackages.NnUnet(TinyPackages.Same)), Inference.Cpu);
        using CancellationTokenSource stop = new();
        Reports reports = new(stop.Cancel);
        Assert.ThrowsAny<OperationCanceledException>(() => segmenter.Segment(Scan, TinyPackages.Everywhere(Scan.Geometry), reports, stop.Token));
        Assert.Single(reports.All);
    }

    [Fact]
    public void Progress_grows_over_all_members_to_one()
    {
        using HematomaSegmenter segmenter = HematomaSegmenter.Load(TinyPackages.Write(TinyPackages.NnUnet(TinyPackages.Same)), Inference.Cpu);
        Reports reports = new(() => { });
        HematomaSegmentation found = segmenter.Segment(Scan, TinyPackages.Everywhere(Scan.Geometry), reports, TestContext.Current.CancellationToken);
        Assert.Equal(found.Runs + 1, reports.All.Count);
        Assert.Equal(reports.All.Order(), reports.All);
        Assert.Equal(1, reports.All[^1]);
    }

    private static HematomaSegmentation Segment(ModelManifest manifest, IntracranialSpace? space = null,
        [System.Runtime.CompilerServices.CallerMemberName] string name = "", Volume? volume = null)
    {
        volume ??= Scan;
        using HematomaSegmenter segmenter = HematomaSegmenter.Load(TinyPackages.Write(manifest, name), Inference.Cpu);
        return segmenter.Segment(volume, space ?? TinyPackages.Everywhere(volume.Geometry), null, TestContext.Current.CancellationToken);
    }

    /// <summary>Set where the reference's score is above 0; what lies within rounding of it may be either.</summary>
    private static void AgreesWith(Mask mask, Func<int, float> score)
    {
        Assert.InRange(mask.Voxels.Count(set => set), 10, mask.Voxels.Length - 10);
        for (int i = 0; i < mask.Voxels.Length; i++)
            if (Math.Abs(score(i)) > 1e-4f) Assert.True(score(i) > 0 == mask.Voxels[i], $"voxel {i}: {score(i)}");
    }

    private sealed class Reports(Action seen) : IProgress<double>
    {
        public List<double> All { get; } = [];

        public void Report(double value)
        {
            All.Add(value);
            seen();
        }
    }
}
