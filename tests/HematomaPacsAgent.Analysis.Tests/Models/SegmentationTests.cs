using HematomaPacsAgent.Analysis.Models;
using HematomaPacsAgent.Analysis.Phantoms;
using HematomaPacsAgent.TestKit;

namespace HematomaPacsAgent.Analysis.Tests.Models;

/// <summary>The demonstration models on phantoms from seeds that training never saw.</summary>
public sealed class SegmentationTests : IDisposable
{
    private readonly HematomaSegmenter segmenter = HematomaSegmenter.Load(Path.Combine(SharedFiles.Repository, "models", "hematoma-seg-phantom"), Inference.Cpu);

    [Fact]
    public void Four_of_five_hematomas_above_five_ml_are_measured_within_a_fifth_and_heads_without_one_stay_nearly_empty()
    {
        List<double> errors = [];
        List<double> falsely = [];
        for (int seed = 0; seed < 16; seed++)
        {
            PhantomCase phantom = HeadPhantom.Render(PhantomSpecification.FromSeed(seed, 256));
            double found = Segment(phantom).Mask.VolumeMl;
            if (phantom.HematomaMl > 5) errors.Add(Math.Abs(found / phantom.HematomaMl - 1));
            else if (phantom.Hematoma.IsEmpty) falsely.Add(found);
        }

        Assert.True(errors.Count(error => error <= 0.2) >= 0.8 * errors.Count, $"errors {string.Join(", ", errors.Select(error => error.ToString("P0")))}");
        Assert.All(falsely, ml => Assert.InRange(ml, 0, 3));
    }

    [Fact]
    public void Fine_and_coarse_pixels_of_one_head_give_one_volume()
    {
        PhantomSpecification specification = PhantomSpecification.FromSeed(22, 512);
        double fine = Segment(HeadPhantom.Render(specification)).Mask.VolumeMl;
        double coarse = Segment(HeadPhantom.Render(specification with { Matrix = 200, PixelSpacingMm = specification.PixelSpacingMm * 512 / 200 })).Mask.VolumeMl;
        Assert.InRange(coarse / fine, 0.9, 1.1);
    }

    [Fact]
    public void Cancelling_stops_a_segmentation_at_once()
    {
        PhantomCase phantom = HeadPhantom.Render(PhantomSpecification.FromSeed(22, 128));
        using CancellationTokenSource cancelled = new();
        cancelled.Cancel();
        Assert.ThrowsAny<OperationCanceledException>(() => segmenter.Segment(phantom.Volume, IntracranialSpace.Find(phantom.Volume), null, cancelled.Token));
    }

    [Fact]
    public void Each_sign_is_told_better_than_by_chance_on_unseen_phantoms()
    {
        using SignClassifier classifier = SignClassifier.Load(Path.Combine(SharedFiles.Repository, "models", "sign-effb0-phantom"), Inference.Cpu);
        List<(IReadOnlyDictionary<string, bool> Truth, IReadOnlyList<SignPrediction> Said)> cases = [];
        for (int seed = 0; cases.Count < 40; seed++)
        {
            PhantomCase phantom = HeadPhantom.Render(PhantomSpecification.FromSeed(seed, 192));
            if (!phantom.Hematoma.IsEmpty) cases.Add((phantom.Signs, classifier.Classify(phantom.Volume, phantom.Hematoma, TestContext.Current.CancellationToken)));
        }

        foreach (string sign in cases[0].Truth.Keys)
        {
            double[] present = [.. cases.Where(c => c.Truth[sign]).Select(Probability)], absent = [.. cases.Where(c => !c.Truth[sign]).Select(Probability)];
            double auc = present.SelectMany(p => absent.Select(a => p > a ? 1.0 : p == a ? 0.5 : 0)).Average();
            Assert.True(auc > 0.7, $"{sign}: AUC {auc:F2} of {present.Length} and {absent.Length}");
            double Probability((IReadOnlyDictionary<string, bool> Truth, IReadOnlyList<SignPrediction> Said) c) => c.Said.Single(said => said.Code == sign).Probability;
        }
    }

    public void Dispose() => segmenter.Dispose();

    private HematomaSegmentation Segment(PhantomCase phantom) =>
        segmenter.Segment(phantom.Volume, IntracranialSpace.Find(phantom.Volume), null, TestContext.Current.CancellationToken);
}
