using HematomaPacsAgent.Analysis.Radiomics;
using HematomaPacsAgent.Analysis.Radiomics.Features;

namespace HematomaPacsAgent.Analysis.Tests.Radiomics;

/// <summary>What many neighbours and large zones may take: memory with a bound, and no time after the user has said stop.</summary>
public sealed class NeighbourLimitTests
{
    [Fact]
    public void Many_levels_at_many_distances_are_refused_before_memory_is_taken()
    {
        MeasuredRegion region = Region(30, i => i, new RadiomicsSettings { BinWidth = 1, Distances = [.. Enumerable.Range(1, 10)] }, TestContext.Current.CancellationToken);
        long before = GC.GetTotalAllocatedBytes(precise: true);
        Assert.Contains("fewer distances", Assert.Throws<RadiomicsException>(() => region.Neighbours).Message, StringComparison.Ordinal);
        Assert.InRange(GC.GetTotalAllocatedBytes(precise: true) - before, 0, 64L << 20);
    }

    [Fact]
    public void A_stop_is_heard_while_the_neighbours_of_one_volume_are_counted()
    {
        using CancellationTokenSource stop = new();
        MeasuredRegion region = Region(64, _ => 1, new RadiomicsSettings { Distances = [.. Enumerable.Range(1, 10)] }, stop.Token);
        Assert.Equal(1, region.Levels.GreyLevels);
        stop.CancelAfter(20);
        Assert.Throws<OperationCanceledException>(() => region.Neighbours);
    }

    [Fact]
    public void A_stop_is_heard_within_one_zone()
    {
        using CancellationTokenSource stop = new();
        DiscretisedRoi levels = Region(150, _ => 1, new RadiomicsSettings(), stop.Token).Levels;
        stop.CancelAfter(20);
        Assert.Throws<OperationCanceledException>(() => Zones.Sizes(levels, Plane.Volume, slices: false, stop.Token));
    }

    [Fact]
    public void A_stop_is_heard_while_the_tones_of_many_levels_are_compared()
    {
        using CancellationTokenSource stop = new();
        MeasuredRegion region = Region(40, i => i, new RadiomicsSettings { BinWidth = 1 }, stop.Token);
        Assert.Equal(64000, region.Neighbours.Voxels);
        stop.CancelAfter(20);
        Assert.Throws<OperationCanceledException>(() => Ngtdm.Measure(region.Levels, region.Neighbours, stop.Token));
    }

    private static MeasuredRegion Region(int size, Func<int, double> intensity, RadiomicsSettings settings, CancellationToken cancellation)
    {
        int count = size * size * size;
        RoiImage roi = new([.. Enumerable.Range(0, count).Select(intensity)], [.. Enumerable.Repeat(true, count)], size, size, size, 1, 1, 1);
        return new MeasuredRegion(roi, settings, null, null, cancellation);
    }
}
