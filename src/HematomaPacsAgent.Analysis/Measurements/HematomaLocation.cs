using System.Numerics;
using HematomaPacsAgent.Analysis.Models;

namespace HematomaPacsAgent.Analysis.Measurements;

/// <summary>Where a hematoma lies, as far as the skull's geometry tells: no atlas, no recognition of structures (docs/measurements.md).</summary>
/// <param name="Side"><c>left</c>, <c>right</c>, <c>midline</c>, <c>both</c>, or <c>indeterminate</c> without a midsagittal plane.</param>
/// <param name="LeftShare">Share of the volume left of the midsagittal plane, 0 to 1; null without one.</param>
/// <param name="Site"><c>deep</c>, <c>lobar</c>, <c>infratentorial</c>, <c>intraventricular</c> or <c>indeterminate</c>.</param>
/// <param name="SiteReliability">0 at the border between two sites to 1 far from any; not a probability.</param>
public sealed record HematomaLocation(string Side, double? LeftShare, string Site, double SiteReliability)
{
    public const string Indeterminate = "indeterminate";

    private const double OneSide = 0.8, MidlineMm = 15, AllVentricular = 0.8, SameDirection = 0.9986; // cosine of 3 degrees

    // Basal ganglia, internal capsule and thalami, both sides together: an ellipsoid about the commissures.
    private static readonly Vector3 DeepCentre = new(0, -4, 6), DeepRadii = new(37, 35, 25);
    private const double DeepBelow = 0.95, LobarAbove = 1.1, ClearDistance = 0.3;

    // Below the tentorium and behind the petrous ridges, which run outwards and backwards.
    private const double TentoriumZ = -14, TentoriumSlope = 0.2, RidgeY = -4, RidgeFromX = 14, RidgeSlope = 0.5;
    private const double MostlyBelow = 0.65, HardlyBelow = 0.25;

    /// <param name="geometry">The grid.</param>
    /// <param name="regions">The hematoma's regions, largest first; see <see cref="Components.Of"/>.</param>
    /// <param name="ivhMl">Blood in the ventricles besides, where the model tells; 0 otherwise.</param>
    /// <param name="hematomaMl">The regions' volume.</param>
    /// <param name="space">The intracranial space.</param>
    /// <param name="plane">The midsagittal plane; null where none was found.</param>
    /// <returns>Side of all regions together; site of the largest.</returns>
    public static HematomaLocation Of(VolumeGeometry geometry, IReadOnlyList<Region> regions, double hematomaMl, double ivhMl,
        IntracranialSpace space, MidsagittalPlane? plane)
    {
        if (plane is null) return new HematomaLocation(Indeterminate, null, Indeterminate, 0);
        double left = 0, near = 0, all = 0;
        foreach (int voxel in regions.SelectMany(region => region.Voxels))
        {
            double ml = geometry.VoxelMl(voxel / geometry.PixelsPerSlice), aside = plane.AsideMm(Place(geometry, voxel));
            all += ml;
            if (aside > 0) left += ml;
            if (Math.Abs(aside) < MidlineMm) near += ml;
        }

        double share = left / all;
        string side = share >= OneSide ? "left" : share <= 1 - OneSide ? "right" : near >= OneSide * all ? "midline" : "both";
        if (ivhMl >= AllVentricular * (ivhMl + hematomaMl)) return new HematomaLocation(side, share, "intraventricular", 1);
        var (site, reliability) = SiteOf(geometry, regions[0], space, plane);
        return new HematomaLocation(side, share, site, reliability);
    }

    /// <summary>
    /// A tilted gantry follows the patient's skull base, or the head lies straight and the gantry does not: what is up in the head is the normal of
    /// the slices or the patient's long axis. Only a site that both give is told.
    /// </summary>
    private static (string, double) SiteOf(VolumeGeometry geometry, Region region, IntracranialSpace space, MidsagittalPlane plane)
    {
        Vector3[] ups = Vector3.Dot(geometry.Normal, Vector3.UnitZ) > SameDirection ? [geometry.Normal] : [geometry.Normal, Vector3.UnitZ];
        List<(string Site, double Reliability)> answers = [];
        foreach (Vector3 up in ups)
        {
            if (HeadFrame.Of(space, plane, up) is not { } frame) return (Indeterminate, 0);
            answers.Add(SiteIn(geometry, region, frame));
        }

        return answers.All(answer => answer.Site == answers[0].Site) ? (answers[0].Site, answers.Min(answer => answer.Reliability)) : (Indeterminate, 0);
    }

    private static (string, double) SiteIn(VolumeGeometry geometry, Region region, HeadFrame frame)
    {
        double below = 0, all = 0;
        Vector3 sum = Vector3.Zero;
        foreach (int voxel in region.Voxels)
        {
            float ml = (float)geometry.VoxelMl(voxel / geometry.PixelsPerSlice);
            Vector3 at = frame.Of(Place(geometry, voxel));
            double x = Math.Abs(at.X);
            all += ml;
            sum += ml * at;
            if (at.Z < TentoriumZ - TentoriumSlope * x && at.Y > RidgeY + RidgeSlope * Math.Max(0, x - RidgeFromX)) below += ml;
        }

        double share = below / all;
        if (share >= MostlyBelow) return ("infratentorial", Math.Min(1, 0.2 + (share - MostlyBelow) / 0.25));
        if (share > HardlyBelow) return (Indeterminate, 0);
        double distance = Vector3.Divide(sum / (float)all - DeepCentre, DeepRadii).Length();
        return distance < DeepBelow ? ("deep", Math.Min(1, 0.2 + (DeepBelow - distance) / ClearDistance))
            : distance > LobarAbove ? ("lobar", Math.Min(1, 0.2 + (distance - LobarAbove) / ClearDistance))
            : (Indeterminate, 0);
    }

    private static Vector3 Place(VolumeGeometry geometry, int voxel) =>
        geometry.ToPatient(voxel % geometry.Columns, voxel % geometry.PixelsPerSlice / geometry.Columns, voxel / geometry.PixelsPerSlice);
}
