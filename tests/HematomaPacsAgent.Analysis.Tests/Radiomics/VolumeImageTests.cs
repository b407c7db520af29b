using System.Numerics;
using HematomaPacsAgent.Analysis.Radiomics;

namespace HematomaPacsAgent.Analysis.Tests.Radiomics;

public sealed class VolumeImageTests
{
    [Fact]
    public void Even_slices_are_taken_as_they_are_and_cut_to_the_region()
    {
        Volume volume = Ct([0, 5, 10, 15]);
        Mask mask = Block(volume.Geometry, 1, 2);
        (ScalarImage whole, bool[] all) = VolumeImage.Of(volume, mask, whole: true);
        Assert.Equal(volume.Hounsfield.Select(hu => (double)hu), whole.Voxels);
        Assert.Equal(mask.Voxels, all);
        Assert.True(whole.WholeNumbers);
        (ScalarImage cut, bool[] flags) = VolumeImage.Of(volume, mask, whole: false);
        Assert.Equal((4, 4, 4), (cut.Grid.SizeX, cut.Grid.SizeY, cut.Grid.SizeZ));
        Assert.Equal(8, flags.Count(flag => flag));
        // Voxel (2, 2, 1) of the whole is (1, 1, 1) of the cut, which begins at (1, 1, 0).
        Assert.Equal(whole.Voxels[(1 * 6 + 2) * 6 + 2], cut.Voxels[(1 * 4 + 1) * 4 + 1]);
        Assert.Empty(VolumeImage.Doubts(volume.Geometry));
    }

    /// <summary>5 mm below and 7.5 mm above: taken as 7.5 mm throughout, the region would be an eighth too large.</summary>
    [Fact]
    public void Uneven_slices_are_resampled_and_the_volume_holds()
    {
        double[] positions = [.. Enumerable.Range(0, 20).Select(k => k < 8 ? 5.0 * k : 35 + 7.5 * (k - 7))];
        Volume volume = Ct(positions);
        Mask mask = Block(volume.Geometry, 2, 16);
        (ScalarImage image, bool[] flags) = VolumeImage.Of(volume, mask, whole: true);
        double ml = flags.Count(flag => flag) * image.Grid.SpacingXMm * image.Grid.SpacingYMm * image.Grid.SpacingZMm / 1000;
        Assert.Equal(7.5, image.Grid.SpacingZMm, 1e-9);
        // Within half a slice at each end.
        Assert.InRange(ml, mask.VolumeMl - 7.5 * 4 * 0.25 / 1000, mask.VolumeMl + 7.5 * 4 * 0.25 / 1000);
        Assert.Contains("were resampled to 7.50 mm", Assert.Single(VolumeImage.Doubts(volume.Geometry)), StringComparison.Ordinal);
        // HU run along z by the position: linear interpolation gives it back.
        for (int z = 0; z < image.Grid.SizeZ; z++) Assert.Equal(10 * Math.Min(7.5 * z, positions[^1]), image.Voxels[z * 36], 1.0);
    }

    [Fact]
    public void A_region_that_resampling_loses_is_said_to_be_lost()
    {
        Volume volume = Ct([0, 5, 10, 11, 15, 20, 25]);
        RadiomicsException lost = Assert.Throws<RadiomicsException>(() => VolumeImage.Of(volume, Block(volume.Geometry, 3, 3), whole: true));
        Assert.Contains("only in slices so thin that none is left at 5.00 mm", lost.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_tilted_stack_is_warned_of()
    {
        VolumeGeometry tilted = new(6, 6, Vector3.UnitX, Vector3.UnitY, 0.5, 0.5, [.. Enumerable.Range(0, 4).Select(k => new Vector3(0, k, 5 * k))], 5);
        Assert.Contains("gantry tilt of 11.3 degrees", Assert.Single(VolumeImage.Doubts(tilted)), StringComparison.Ordinal);
    }

    private static Volume Ct(double[] positions)
    {
        VolumeGeometry grid = new(6, 6, Vector3.UnitX, Vector3.UnitY, 0.5, 0.5, [.. positions.Select(z => new Vector3(0, 0, (float)z))], 5);
        return new Volume(grid, [.. Enumerable.Range(0, 36 * positions.Length).Select(i => (short)(10 * positions[i / 36] + i % 36))]);
    }

    private static Mask Block(VolumeGeometry grid, int firstSlice, int lastSlice) =>
        new(grid, [.. Enumerable.Range(0, 36 * grid.Slices).Select(i => i % 6 is 2 or 3 && i / 6 % 6 is 2 or 3 && i / 36 >= firstSlice && i / 36 <= lastSlice)]);
}
