using System.Numerics;
using HematomaPacsAgent.Analysis.Models;

namespace HematomaPacsAgent.Analysis.Measurements;

/// <summary>
/// Places in a head of average size, so that rules in millimetres hold for small and large heads: X from the midsagittal plane to the left, Y from
/// the middle of the skull to the back, Z upwards from a level 74 mm below the inner table at the vertex, about that of the commissures.
/// </summary>
internal sealed class HeadFrame
{
    // Half width and half length of an average adult's intracranial space, and the height of the vertex above the commissures, mm.
    private const double HalfWidthMm = 67, HalfLengthMm = 84, VertexMm = 74;
    private const int Stride = 4;

    private readonly MidsagittalPlane plane;
    private readonly Vector3 back, up;
    private readonly double vertex, middle, perWidth, perLength, perHeight;

    private HeadFrame(MidsagittalPlane plane, Vector3 back, Vector3 up, double vertex, (double Front, double Rear, double Side) reach)
    {
        (this.plane, this.back, this.up, this.vertex) = (plane, back, up, vertex);
        middle = (reach.Front + reach.Rear) / 2;
        (perWidth, perLength) = (HalfWidthMm / reach.Side, HalfLengthMm * 2 / (reach.Rear - reach.Front));
        perHeight = (perWidth + perLength) / 2;
    }

    /// <param name="space">The intracranial space.</param>
    /// <param name="plane">Its midsagittal plane.</param>
    /// <param name="upwards">What is held to be up in the head; only its part in the plane counts.</param>
    /// <returns>Null where the images end below the vertex or too high to measure the skull's length.</returns>
    public static HeadFrame? Of(IntracranialSpace space, MidsagittalPlane plane, Vector3 upwards)
    {
        VolumeGeometry g = space.Mask.Geometry;
        int largest = Enumerable.Range(0, g.Slices).Max(space.Mask.CountIn);
        if (plane.TopSlice == g.Slices - 1 && space.Mask.CountIn(plane.TopSlice) > 0.35 * largest) return null;
        Vector3 up = Vector3.Normalize(upwards - Vector3.Dot(upwards, plane.Normal) * plane.Normal), back = Vector3.Cross(up, plane.Normal);
        List<(float Height, float Back, float Aside)> inside = [];
        for (int slice = 0; slice <= plane.TopSlice; slice++)
            for (int row = 0; row < g.Rows; row += Stride)
                for (int column = 0; column < g.Columns; column += Stride)
                {
                    if (!space.Mask.Voxels[(slice * g.Rows + row) * g.Columns + column]) continue;
                    Vector3 at = g.ToPatient(column, row, slice);
                    inside.Add((Vector3.Dot(at, up), Vector3.Dot(at, back), (float)Math.Abs(plane.AsideMm(at))));
                }

        double vertex = inside.Max(point => point.Height);
        // Where the skull is widest and longest, well above its base.
        (float Height, float Back, float Aside)[] belt = [.. inside.Where(point => vertex - point.Height is > 35 and < 80)];
        if (belt.Length < 100) return null;
        double front = belt.Min(point => point.Back), rear = belt.Max(point => point.Back), side = belt.Max(point => point.Aside);
        return rear - front > 80 && side > 35 ? new HeadFrame(plane, back, up, vertex, (front, rear, side)) : null;
    }

    public Vector3 Of(Vector3 patient) => new((float)(plane.AsideMm(patient) * perWidth),
        (float)((Vector3.Dot(patient, back) - middle) * perLength), (float)(VertexMm + (Vector3.Dot(patient, up) - vertex) * perHeight));
}
