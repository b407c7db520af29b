using System.Text.Json;
using System.Text.Json.Nodes;
using HematomaPacsAgent.Analysis.Models;
using HematomaPacsAgent.Analysis.Phantoms;
using HematomaPacsAgent.Analysis.Tests.Models;
using HematomaPacsAgent.Analysis.Tests.Models.Engine;

namespace HematomaPacsAgent.Analysis.Tests.Calibration;

/// <summary>What a calibration in model.json does to results, and which ones are refused.</summary>
public sealed class CalibratedPackageTests
{
    private static readonly Volume Scan = TinyPackages.Scan();

    [Fact]
    public void A_voxel_counts_where_its_calibrated_probability_reaches_the_threshold()
    {
        HematomaSegmentation plain = Segment(null), same = Segment(new ModelCalibration(1, 0, "test", 1));
        HematomaSegmentation wider = Segment(new ModelCalibration(0.5, 0.4, "test", 1));
        float[] back = TinyPackages.Read("monai.back");
        ReadOnlySpan<float> logits = back.AsSpan(back.Length / 2);
        Assert.Equal(plain.Mask.Voxels, same.Mask.Voxels);
        Assert.Equal(plain.VolumeIntervalsMl["hematoma"], same.VolumeIntervalsMl["hematoma"]);
        Assert.Equal(plain.Masks["edema"].Voxels, wider.Masks["edema"].Voxels); // the other class is left alone
        int more = 0;
        for (int i = 0; i < logits.Length; i++)
        {
            float score = 0.5f * logits[i] + 0.4f;
            if (Math.Abs(score) > 1e-4f) Assert.True(score > 0 == wider.Mask.Voxels[i], $"voxel {i}: {score}");
            if (wider.Mask.Voxels[i] && !plain.Mask.Voxels[i]) more++;
        }

        Assert.True(more > 10, $"{more} voxels more");
        // Probabilities of 0.75 and 0.25 lie further out on flatter odds.
        Assert.True(wider.VolumeIntervalsMl["hematoma"].HighMl > plain.VolumeIntervalsMl["hematoma"].HighMl);
        Assert.True(wider.VolumeIntervalsMl["hematoma"].LowMl < plain.VolumeIntervalsMl["hematoma"].LowMl);
    }

    [Fact]
    public void An_ensemble_that_averages_probabilities_is_calibrated_on_their_odds()
    {
        ModelCalibration fit = new(0.5, 0.4, "test", 1);
        HematomaSegmentation plain = Segment(null, "same-a", "same-b"), wider = Segment(fit, "same-a", "same-b");
        int compared = 0;
        for (int slice = 0; slice < Scan.Geometry.Slices; slice++)
        {
            float[] before = plain.Probabilities["hematoma"].Slice(slice), after = wider.Probabilities["hematoma"].Slice(slice);
            for (int i = 0; i < before.Length; i++)
            {
                double expected = fit.Probability(Math.Log(before[i] / (1 - before[i])));
                Assert.Equal(expected, after[i], 1e-4);
                if (Math.Abs(expected - 0.5) < 1e-4) continue;
                compared++;
                Assert.Equal(expected > 0.5, wider.Mask.Voxels[slice * before.Length + i]);
            }
        }

        Assert.True(compared > 3000, $"{compared} voxels");
        Assert.NotEqual(plain.Mask.Voxels, wider.Mask.Voxels);
    }

    [Fact]
    public void Softmax_probabilities_are_those_that_the_mask_was_made_of()
    {
        using HematomaSegmenter segmenter = HematomaSegmenter.Load(TinyPackages.Write(TinyPackages.NnUnet("same-a")), Inference.Cpu);
        HematomaSegmentation found = segmenter.Segment(Scan, TinyPackages.Everywhere(Scan.Geometry), null, TestContext.Current.CancellationToken);
        int sure = 0;
        for (int slice = 0; slice < Scan.Geometry.Slices; slice++)
        {
            float[] values = found.Probabilities["hematoma"].Slice(slice);
            for (int i = 0; i < values.Length; i++)
            {
                if (Math.Abs(values[i] - 0.5) < 1e-4) continue;
                Assert.Equal(values[i] > 0.5, found.Mask.Voxels[slice * values.Length + i]);
                sure++;
            }
        }

        Assert.True(sure > 3000, $"{sure} voxels");
    }

    [Fact]
    public void The_confidence_of_a_region_is_the_mean_probability_inside_it()
    {
        HematomaSegmentation found = Segment(new ModelCalibration(0.5, 0.4, "test", 1));
        IReadOnlyList<Region> regions = Components.Of(found.Mask);
        Assert.Equal(Math.Min(regions.Count, HematomaSegmentation.MostConfidences), found.Confidences.Count);
        float[] all = [.. Enumerable.Range(0, Scan.Geometry.Slices).SelectMany(found.Probabilities["hematoma"].Slice)];
        for (int i = 0; i < found.Confidences.Count; i++)
        {
            Assert.Equal(regions[i].Voxels.Average(voxel => all[voxel]), found.Confidences[i], 1e-6);
            Assert.InRange(found.Confidences[i], 0.5, 1);
        }
    }

    [Fact]
    public void A_sign_is_told_with_its_calibrated_probability_and_held_against_its_own_threshold_and_band()
    {
        PhantomCase phantom = Enumerable.Range(20, 40).Select(seed => HeadPhantom.Render(PhantomSpecification.FromSeed(seed, 128)))
            .First(one => one.Hematoma.VolumeMl > 10);
        using SignClassifier plain = SignClassifier.Load(Packages.Signs, Inference.Cpu);
        (float[] logits, _) = plain.Logits(phantom.Volume, phantom.Hematoma, TestContext.Current.CancellationToken);
        IReadOnlyList<SignPrediction> before = plain.Classify(phantom.Volume, phantom.Hematoma, TestContext.Current.CancellationToken);
        const double expected = 0.6;
        double intercept = Math.Log(expected / (1 - expected)) - 0.5 * logits[1];
        using SignClassifier calibrated = SignClassifier.Load(Edited(Packages.Signs, "sign-calibrated", 1, sign =>
        {
            sign["calibration"] = Fit(0.5, intercept);
            sign["threshold"] = expected - 0.02;
            sign.Remove("indeterminate");
            sign["indeterminateBand"] = new JsonArray(0, expected - 0.01);
        }), Inference.Cpu);
        IReadOnlyList<SignPrediction> after = calibrated.Classify(phantom.Volume, phantom.Hematoma, TestContext.Current.CancellationToken);
        Assert.Equal(before[0], after[0]);
        Assert.Equal(1 / (1 + Math.Exp(-logits[0])), before[0].Probability, 1e-9);
        Assert.Equal(expected, after[1].Probability, 1e-9);
        Assert.Equal(SignState.Present, after[1].State);
    }

    [Theory]
    [InlineData(0.02, SignState.Absent)]
    [InlineData(0.03, SignState.Absent)]
    [InlineData(0.05, SignState.Indeterminate)]
    [InlineData(0.40, SignState.Indeterminate)]
    [InlineData(0.45, SignState.Present)]
    public void A_band_of_its_own_need_not_lie_evenly_around_the_threshold(double probability, SignState state) =>
        Assert.Equal(state, SignClassifier.Decide(probability, new ModelClass(0, "blend-sign", 0.08, IndeterminateBand: [0.03, 0.45])));

    [Theory]
    [InlineData("""{"calibration": {"slope": 0, "intercept": 0, "fittedOn": "x", "n": 9}}""", "slope above 0")]
    [InlineData("""{"calibration": {"slope": -1, "intercept": 0, "fittedOn": "x", "n": 9}}""", "slope above 0")]
    [InlineData("""{"calibration": {"slope": 1e300, "intercept": 0, "fittedOn": "x", "n": 9}}""", "slope above 0")]
    [InlineData("""{"calibration": {"slope": 1, "intercept": 101, "fittedOn": "x", "n": 9}}""", "intercept of -100 to 100")]
    [InlineData("""{"calibration": {"slope": "NaN", "intercept": 0, "fittedOn": "x", "n": 9}}""", "slope")]
    [InlineData("""{"calibration": {"slope": 1, "intercept": 0, "fittedOn": "", "n": 9}}""", "fittedOn")]
    [InlineData("""{"calibration": {"slope": 1, "intercept": 0, "fittedOn": "x", "n": 0}}""", "fittedOn")]
    [InlineData("""{"calibration": {"slope": 1, "intercept": 0}}""", "fittedOn")]
    [InlineData("""{"indeterminateBand": [0.2, 0.6], "indeterminate": 0.1}""", "in place of indeterminate")]
    [InlineData("""{"indeterminateBand": [0.6, 0.7], "indeterminate": 0}""", "with the threshold in it")]
    [InlineData("""{"indeterminateBand": [0.2, 1.1], "indeterminate": 0}""", "from 0 to 1")]
    [InlineData("""{"indeterminateBand": [0.2], "indeterminate": 0}""", "[low, high]")]
    public void A_calibration_or_band_that_makes_no_sense_is_refused(string keys, string told) => Refused(Edited(Packages.Signs, "sign-refused", 0, sign =>
    {
        foreach ((string key, JsonNode? value) in JsonNode.Parse(keys)!.AsObject()) sign[key] = value!.DeepClone();
    }), told);

    [Fact]
    public void Numbers_that_are_no_numbers_are_refused_wherever_they_come_from()
    {
        (double, double)[] wrong = [(double.NaN, 0), (1, double.NaN), (double.PositiveInfinity, 0), (1, double.NegativeInfinity)];
        foreach ((double slope, double intercept) in wrong)
            Assert.Contains(ManifestRules.Problems(Monai(new ModelCalibration(slope, intercept, "x", 1), "same-a")),
                problem => problem.Contains("slope above 0", StringComparison.Ordinal));
        Assert.Empty(ManifestRules.Problems(Monai(new ModelCalibration(0.5, 0.4, "x", 1), "same-a")));
    }

    [Fact]
    public void A_softmax_model_has_no_calibration_and_a_segmentation_no_band()
    {
        ModelManifest softmax = TinyPackages.NnUnet("same-a");
        ModelClass calibrated = softmax.Output.Classes[0] with { Calibration = new ModelCalibration(1, 0, "x", 1) };
        softmax = softmax with { Output = softmax.Output with { Classes = [calibrated] } };
        Assert.Contains(ManifestRules.Problems(softmax), problem => problem.Contains("needs the activation sigmoid", StringComparison.Ordinal));
        Refused(Edited(Packages.Segmentation, "segmentation-band", 0, one => one["indeterminateBand"] = new JsonArray(0.4, 0.6)), "is for signs");
    }

    private static HematomaSegmentation Segment(ModelCalibration? fit, params string[] networks)
    {
        using HematomaSegmenter segmenter = HematomaSegmenter.Load(
            TinyPackages.Write(Monai(fit, networks.Length > 0 ? networks : ["same-a"]), $"calibrated-{networks.Length}-{fit?.Slope}"), Inference.Cpu);
        return segmenter.Segment(Scan, TinyPackages.Everywhere(Scan.Geometry), null, TestContext.Current.CancellationToken);
    }

    private static ModelManifest Monai(ModelCalibration? fit, params string[] networks)
    {
        ModelManifest manifest = TinyPackages.Monai(networks);
        ModelClass hematoma = manifest.Output.Classes[0] with { Calibration = fit };
        return manifest with { Output = manifest.Output with { Classes = [hematoma, manifest.Output.Classes[1]] } };
    }

    private static JsonObject Fit(double slope, double intercept) => new() { ["slope"] = slope, ["intercept"] = intercept, ["fittedOn"] = "test", ["n"] = 9 };

    private static string Edited(string package, string name, int index, Action<JsonObject> change)
    {
        return Packages.Copy(package, name, ModelPackage.ManifestName, Changed);

        byte[] Changed(byte[] bytes)
        {
            JsonNode manifest = JsonNode.Parse(bytes)!;
            change(manifest["output"]!["classes"]![index]!.AsObject());
            return JsonSerializer.SerializeToUtf8Bytes(manifest);
        }
    }

    private static void Refused(string folder, string told) =>
        Assert.Contains(told, Assert.Throws<ModelPackageException>(() => ModelPackage.Load(folder)).Message, StringComparison.Ordinal);
}
