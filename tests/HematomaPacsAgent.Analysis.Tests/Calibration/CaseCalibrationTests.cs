using HematomaPacsAgent.Analysis.Calibration;
using HematomaPacsAgent.Analysis.Evaluation;
using HematomaPacsAgent.Analysis.Models;
using HematomaPacsAgent.Analysis.Phantoms;
using HematomaPacsAgent.Analysis.Tests.Models;

namespace HematomaPacsAgent.Analysis.Tests.Calibration;

/// <summary>What becomes of each case on the way to a fit.</summary>
public sealed class CaseCalibrationTests : IDisposable
{
    private static readonly LabelledCase Phantom = LabelledCase.Phantoms(20, 40, ScannerRegime.A, 128).First(one => one.Masks["hematoma"].VolumeMl > 10);
    private readonly HematomaSegmenter segmenter = HematomaSegmenter.Load(Packages.Segmentation, Inference.Cpu);

    [Fact]
    public void A_case_of_signs_is_used_or_counted_under_the_reason_why_not()
    {
        Mask truth = Phantom.Masks["hematoma"], elsewhere = new(truth.Geometry);
        elsewhere.Voxels[0] = true;
        LabelledCase[] cases =
        [
            Phantom,
            Phantom with { Name = "empty", Masks = new Dictionary<string, Mask> { ["hematoma"] = new(truth.Geometry) } },
            Phantom with { Name = "unlabelled", Signs = new Dictionary<string, bool>() },
            Phantom with { Name = "missed", Masks = new Dictionary<string, Mask> { ["hematoma"] = elsewhere } },
            Phantom with { Name = "no-head", Volume = new Volume(truth.Geometry, new short[truth.Voxels.Length]) },
        ];
        using SignClassifier classifier = SignClassifier.Load(Packages.Signs, Inference.Cpu);
        List<string> lines = [];
        CalibrationReport report = SignCalibration.Fit(segmenter, classifier, cases, "test", new Kept(lines), TestContext.Current.CancellationToken);
        Assert.Equal((5, 1, 2, 1, 1), (report.Cases, report.Used, report.WithoutHematoma, report.Missed, report.Refused));
        Assert.Equal([$"{Phantom.Name}: used", "missed: the hematoma was missed", "no-head: not analysed"], [lines[0], lines[3], lines[4]]);
        Assert.All(report.Classes, sign => Assert.Equal((Phantom.Signs[sign.Key], 1), (sign.Positives == 1, sign.Positives + sign.Negatives)));
        Assert.All(report.Classes, sign => Assert.Null(sign.Calibration));
    }

    [Fact]
    public void Voxels_are_drawn_near_the_region_alone_and_the_same_each_time()
    {
        CalibrationReport first = SegmentationCalibration.Fit(segmenter, [Phantom], "test", null, TestContext.Current.CancellationToken);
        CalibrationReport again = SegmentationCalibration.Fit(segmenter, [Phantom], "test", null, TestContext.Current.CancellationToken);
        ClassFit one = Assert.Single(first.Classes);
        Assert.Equal(one, Assert.Single(again.Classes));
        Assert.InRange(one.Positives + one.Negatives, 1000, 4000);
        Assert.InRange(one.Positives / (double)(one.Positives + one.Negatives), 0.02, 0.9); // of the whole head it would be a thousandth
        Assert.NotNull(one.Before);
        // Where nothing is and nothing is found there is nothing near it.
        LabelledCase healthy = LabelledCase.Phantoms(0, 60, ScannerRegime.A, 128).First(c => c.Masks["hematoma"].IsEmpty);
        Assert.Equal(0, SegmentationCalibration.Fit(segmenter, [healthy], "test", null, TestContext.Current.CancellationToken).Used);
    }

    [Fact]
    public void A_mask_on_another_grid_is_an_error_that_names_the_case()
    {
        LabelledCase wrong = Phantom with { Masks = LabelledCase.Phantoms(20, 1, ScannerRegime.A, 64).Single().Masks };
        ArgumentException told = Assert.Throws<ArgumentException>(
            () => SegmentationCalibration.Fit(segmenter, [wrong], "test", null, TestContext.Current.CancellationToken));
        Assert.Contains($"{wrong.Name}: the mask 'hematoma' has 64 x 64", told.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Cancelling_stops_after_the_case_at_hand()
    {
        using CancellationTokenSource stop = new();
        List<string> lines = [];
        Kept kept = new(lines) { Seen = stop.Cancel };
        Assert.ThrowsAny<OperationCanceledException>(() => SegmentationCalibration.Fit(segmenter, [Phantom, Phantom], "test", kept, stop.Token));
        Assert.Single(lines);
    }

    public void Dispose() => segmenter.Dispose();

    private sealed class Kept(List<string> lines) : IProgress<string>
    {
        public Action? Seen { get; init; }

        public void Report(string value)
        {
            lines.Add(value);
            Seen?.Invoke();
        }
    }
}
