using System.Numerics;
using HematomaPacsAgent.Analysis.Models;

namespace HematomaPacsAgent.Analysis.Measurements;

/// <summary>One separate region of a hematoma (26-connected).</summary>
/// <param name="VolumeMl">Voxel sum, ml.</param>
/// <param name="CentroidMm">Mean place of its voxels, each weighted with its volume; LPS mm.</param>
/// <param name="LargestSlice">Slice with most of it, from 0.</param>
/// <param name="MeanHounsfield">Mean HU of its voxels.</param>
public sealed record HematomaComponent(double VolumeMl, Vector3 CentroidMm, int LargestSlice, double MeanHounsfield)
{
    /// <param name="volume">The CT.</param>
    /// <param name="region">On its grid; see <see cref="Components.Of"/>.</param>
    public static HematomaComponent Of(Volume volume, Region region)
    {
        VolumeGeometry g = volume.Geometry;
        int[] counts = new int[g.Slices];
        double ml = 0, hounsfield = 0, x = 0, y = 0, z = 0;
        foreach (int voxel in region.Voxels)
        {
            int slice = voxel / g.PixelsPerSlice, inSlice = voxel % g.PixelsPerSlice;
            double own = g.VoxelMl(slice);
            Vector3 at = g.ToPatient(inSlice % g.Columns, inSlice / g.Columns, slice);
            counts[slice]++;
            hounsfield += volume.Hounsfield[voxel];
            (ml, x, y, z) = (ml + own, x + own * at.X, y + own * at.Y, z + own * at.Z);
        }

        return new HematomaComponent(ml, new Vector3((float)(x / ml), (float)(y / ml), (float)(z / ml)), Array.IndexOf(counts, counts.Max()),
            hounsfield / region.Count);
    }
}
