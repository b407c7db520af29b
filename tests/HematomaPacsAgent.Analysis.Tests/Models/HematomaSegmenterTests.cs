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
    public void A_head_that_reaches_out_of_the_fixed_field_is_not_called_free_of_blood()
    {
        PhantomSpecification aside = PhantomSpecification.FromSeed(15, 400, 1.2) with { Pose = (130, 0, 0) };
        Volume volume = HeadPhantom.Render(aside).Volume;
        ModelAbstainsException reason = Assert.Throws<ModelAbstainsException>(() => Segment(volume));
        Assert.Contains("outside the field", reason.Message, StringComparison.Ordinal);
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

    [Fact]
    public void The_bundled_model_gives_what_a_plain_loop_over_the_slices_gives()
    {
        Volume volume = HeadPhantom.Render(PhantomSpecification.FromSeed(22, 256)).Volume;
        VolumeGeometry geometry = volume.Geometry;
        IntracranialSpace space = IntracranialSpace.Find(volume);
        using OnnxModel model = OnnxModel.Load(segmenter.Package, 0, Inference.Cpu);
        ModelGrid grid = new(volume, new SliceGrid(1.2, 224, [-20, 120]));
        Mask plain = new(geometry), found = Segment(volume).Mask;
        for (int slice = 0; slice < geometry.Slices; slice++)
        {
            float[] values = [.. ((int[])[Nearest(slice, -5), slice, Nearest(slice, 5)]).SelectMany(grid.Normalised)];
            float[] logits = model.Run(values, [1, 3, 224, 224], TestContext.Current.CancellationToken);
            for (int i = 0; i < geometry.PixelsPerSlice; i++)
                plain.Voxels[slice * geometry.PixelsPerSlice + i] = space.Mask.Slice(slice)[i]
                    && Bilinear(logits, OnGrid(i % 256, geometry.ColumnSpacingMm), OnGrid(i / 256, geometry.RowSpacingMm)) > 0;
        }

        foreach (Region small in Components.Of(plain).Where(region => region.VolumeMl < 0.1)) small.ClearIn(plain);
        int both = plain.Voxels.Zip(found.Voxels).Count(pair => pair.First && pair.Second), wanted = plain.Voxels.Count(set => set);
        double dice = 2.0 * both / (wanted + found.Voxels.Count(set => set));
        Assert.True(wanted > 1000 && dice >= 0.999, $"Dice {dice:F5} of {wanted} voxels");

        int Nearest(int slice, double mm) =>
            Enumerable.Range(0, geometry.Slices).MinBy(other => Math.Abs(geometry.SlicePositionsMm[other] - geometry.SlicePositionsMm[slice] - mm));

        static double OnGrid(int pixel, double mm) => Math.Clamp((pixel - 127.5) * mm / 1.2 + 111.5, 0, 222.999);

        static double Bilinear(float[] picture, double x, double y)
        {
            (int i, double fx, double fy) = ((int)y * 224 + (int)x, x - (int)x, y - (int)y);
            return (picture[i] * (1 - fx) + picture[i + 1] * fx) * (1 - fy) + (picture[i + 224] * (1 - fx) + picture[i + 225] * fx) * fy;
        }
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
