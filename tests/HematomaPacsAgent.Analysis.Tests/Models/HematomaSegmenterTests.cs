using HematomaPacsAgent.Analysis.Models;
using HematomaPacsAgent.Analysis.Phantoms;

namespace HematomaPacsAgent.Analysis.Tests.Models;

public sealed class HematomaSegmenterTests : IDisposable
{
    private readonly HematomaSegmenter segmenter = HematomaSegmenter.Load(Packages.Segmentation, Inference.Cpu);

    public void Dispose() => segmenter.Dispose();

    [Fact]
    public void The_mask_lies_on_the_source_grid_where_the_hematoma_is()
    {
        PhantomCase phantom = HeadPhantom.Render(PhantomSpecification.FromSeed(22, 512));
        HematomaSegmentation found = Segment(phantom.Volume);
        Assert.Same(phantom.Volume.Geometry, found.Mask.Geometry);
        Assert.Equal("cpu", found.Device.ToString());
        Assert.Contains("ONNX Runtime", found.Device.Runtime, StringComparison.Ordinal);
        int both = phantom.Hematoma.Voxels.Where((set, i) => set && found.Mask.Voxels[i]).Count();
        double dice = 2.0 * both / (phantom.Hematoma.Voxels.Count(set => set) + found.Mask.Voxels.Count(set => set));
        Assert.True(dice > 0.85, $"Dice {dice:F3}");
        Assert.Equal(Components.Of(found.Mask).Count, found.Components);
    }

    [Fact]
    public void Progress_grows_to_one() => Assert.Equal(1.0, Progress(HeadPhantom.Render(PhantomSpecification.FromSeed(3, 64)).Volume)[^1]);

    [Fact]
    public void A_cancelled_segmentation_stops()
    {
        Volume volume = HeadPhantom.Render(PhantomSpecification.FromSeed(3, 64)).Volume;
        using CancellationTokenSource stop = new();
        Reports reports = new(share => { if (share > 0.2) stop.Cancel(); });
        Assert.ThrowsAny<OperationCanceledException>(() => segmenter.Segment(volume, IntracranialSpace.Find(volume), reports, stop.Token));
        Assert.True(reports.All[^1] < 0.5);
    }

    [Fact]
    public void A_single_slice_is_segmented_too()
    {
        Volume head = HeadPhantom.Render(PhantomSpecification.FromSeed(5, 128)).Volume;
        VolumeGeometry all = head.Geometry;
        VolumeGeometry one = new(all.Columns, all.Rows, all.RowDirection, all.ColumnDirection, all.ColumnSpacingMm, all.RowSpacingMm,
            [all.Origins[15]], 5);
        Assert.Equal(1, Segment(new Volume(one, head.Slice(15).ToArray())).Mask.Geometry.Slices);
    }

    private HematomaSegmentation Segment(Volume volume) =>
        segmenter.Segment(volume, IntracranialSpace.Find(volume), null, TestContext.Current.CancellationToken);

    private List<double> Progress(Volume volume)
    {
        Reports reports = new(_ => { });
        segmenter.Segment(volume, IntracranialSpace.Find(volume), reports, TestContext.Current.CancellationToken);
        Assert.Equal(reports.All.Order(), reports.All);
        return reports.All;
    }

    private sealed class Reports(Action<double> seen) : IProgress<double>
    {
        public List<double> All { get; } = [];

        public void Report(double value)
        {
            All.Add(value);
            seen(value);
        }
    }
}
