using System.Numerics;

namespace HematomaPacsAgent.Analysis.Tests;

public sealed class CanonicalOrientationTests
{
    public static TheoryData<bool, bool, bool> Ways => [.. Orientations.All.Select(way => (way.Transposed, way.FlipColumns, way.FlipRows))];

    [Theory]
    [MemberData(nameof(Ways))]
    public void Every_way_a_slice_can_lie_comes_back_to_left_posterior_superior_without_a_changed_voxel(bool transposed, bool flipColumns, bool flipRows)
    {
        Volume head = Numbered();
        CanonicalOrientation canonical = CanonicalOrientation.Of(new Orientations(transposed, flipColumns, flipRows).Of(head));
        Assert.Equal(head.Hounsfield, canonical.Volume.Hounsfield);
        VolumeGeometry expected = head.Geometry, g = canonical.Volume.Geometry;
        Assert.Equal((expected.Columns, expected.Rows, expected.ColumnSpacingMm, expected.RowSpacingMm), (g.Columns, g.Rows, g.ColumnSpacingMm, g.RowSpacingMm));
        Assert.True(g.RowDirection.X > 0.9 && g.ColumnDirection.Y > 0.9 && g.Normal.Z > 0.9, "columns to the left, rows to posterior, slices to the head");
        foreach ((int column, int row, int slice) in ((int, int, int)[])[(0, 0, 0), (6, 4, 2), (3, 1, 4)])
            Assert.True(Vector3.Distance(expected.ToPatient(column, row, slice), g.ToPatient(column, row, slice)) < 1e-3);
        Assert.Equal(expected.SliceExtentsMm, g.SliceExtentsMm, (a, b) => Math.Abs(a - b) < 1e-3);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void A_mask_goes_back_to_the_voxels_of_the_source(bool transposed, bool flipColumns, bool flipRows)
    {
        Volume source = new Orientations(transposed, flipColumns, flipRows).Of(Numbered());
        CanonicalOrientation canonical = CanonicalOrientation.Of(source);
        Mask odd = new(canonical.Volume.Geometry, Array.ConvertAll(canonical.Volume.Hounsfield, value => value % 7 == 3));
        Mask back = canonical.ToSource(odd);
        Assert.Same(source.Geometry, back.Geometry);
        Assert.Equal(Array.ConvertAll(source.Hounsfield, value => value % 7 == 3), back.Voxels);
        Assert.Equal(odd.VolumeMl, back.VolumeMl, 6);
        for (int slice = 0; slice < 5; slice++) Assert.Equal(odd.CountIn(slice), back.CountIn(canonical.ToSourceSlice(slice)));
    }

    [Fact]
    public void A_volume_that_is_canonical_already_is_not_copied()
    {
        Volume head = Numbered();
        CanonicalOrientation canonical = CanonicalOrientation.Of(head);
        Mask mask = new(head.Geometry);
        Assert.True(canonical.IsIdentity);
        Assert.Same(head, canonical.Volume);
        Assert.Same(mask, canonical.ToSource(mask));
    }

    [Fact]
    public void A_mask_of_another_grid_is_refused_and_a_coronal_volume_has_no_canonical_order()
    {
        CanonicalOrientation canonical = CanonicalOrientation.Of(Numbered());
        Assert.Throws<ArgumentException>(() => canonical.ToSource(new Mask(Numbered().Geometry)));
        VolumeGeometry coronal = new(4, 4, Vector3.UnitX, -Vector3.UnitZ, 1, 1, [Vector3.Zero], 1);
        Assert.Throws<ArgumentException>(() => CanonicalOrientation.Of(new Volume(coronal, new short[16])));
    }

    /// <summary>A tilted, uneven, anisotropic stack whose every voxel has a number of its own.</summary>
    private static Volume Numbered()
    {
        Vector3 column = new(0, MathF.Cos(0.3f), -MathF.Sin(0.3f));
        float[] heights = [0, 4, 8, 15, 22];
        VolumeGeometry geometry = new(7, 6, Vector3.UnitX, column, 0.4, 0.7, [.. heights.Select(z => new Vector3(-12.5f, 3, z))], 4);
        return new Volume(geometry, [.. Enumerable.Range(0, 7 * 6 * 5).Select(i => (short)i)]);
    }
}
