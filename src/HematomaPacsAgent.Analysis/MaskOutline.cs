namespace HematomaPacsAgent.Analysis;

/// <summary>Outlines of a mask on one slice, along pixel edges: what a viewer draws around a region.</summary>
public static class MaskOutline
{
    // Directions clockwise in image coordinates (rows grow downwards): right, down, left, up.
    private static readonly (int X, int Y)[] Step = [(1, 0), (0, 1), (-1, 0), (0, -1)];

    /// <summary>The outer outlines of the regions set on a slice (4-connected), largest area first; holes are not traced.</summary>
    /// <param name="mask">One flag a pixel, row by row.</param>
    /// <param name="columns">Pixels in a row.</param>
    /// <returns>Closed polygons without the repeated first point; corners in pixel units, (0, 0) being the top left corner of the first pixel.</returns>
    public static IReadOnlyList<IReadOnlyList<(float Column, float Row)>> Trace(ReadOnlySpan<bool> mask, int columns)
    {
        int rows = mask.Length / columns, stride = columns + 1;
        byte[] edges = BoundaryEdges(mask, columns, rows);
        List<(double Area, List<(float, float)> Corners)> outlines = [];
        for (int start = 0; start < edges.Length; start++)
            while (edges[start] != 0)
            {
                var outline = Follow(edges, stride, start);
                if (outline.Area > 0) outlines.Add(outline);
            }

        return [.. outlines.OrderByDescending(outline => outline.Area).Select(outline => outline.Corners)];
    }

    /// <summary>For each pixel corner, the directions in which the boundary leaves it with the region on its right-hand side.</summary>
    private static byte[] BoundaryEdges(ReadOnlySpan<bool> mask, int columns, int rows)
    {
        int stride = columns + 1;
        byte[] edges = new byte[stride * (rows + 1)];
        for (int y = 0; y < rows; y++)
            for (int x = 0; x < columns; x++)
            {
                if (!mask[y * columns + x]) continue;
                int corner = y * stride + x;
                if (y == 0 || !mask[(y - 1) * columns + x]) edges[corner] |= 1;
                if (x == columns - 1 || !mask[y * columns + x + 1]) edges[corner + 1] |= 2;
                if (y == rows - 1 || !mask[(y + 1) * columns + x]) edges[corner + stride + 1] |= 4;
                if (x == 0 || !mask[y * columns + x - 1]) edges[corner + stride] |= 8;
            }

        return edges;
    }

    /// <summary>Walks one loop, taking its edges away; the area is negative for a hole.</summary>
    private static (double Area, List<(float, float)> Corners) Follow(byte[] edges, int stride, int start)
    {
        List<(float, float)> corners = [];
        double twiceArea = 0;
        int at = start, direction = System.Numerics.BitOperations.TrailingZeroCount(edges[start]), cameBy = -1, first = direction;
        do
        {
            if (direction != cameBy) corners.Add((at % stride, at / stride));
            edges[at] &= (byte)~(1 << direction);
            int next = at + Step[direction].X + Step[direction].Y * stride;
            twiceArea += (double)(at % stride) * (next / stride) - (double)(next % stride) * (at / stride);
            (at, cameBy) = (next, direction);
            // Turning right first keeps regions that touch at a corner apart.
            foreach (int turn in (ReadOnlySpan<int>)[1, 0, 3])
                if ((edges[at] & (1 << ((cameBy + turn) & 3))) != 0)
                {
                    direction = (cameBy + turn) & 3;
                    break;
                }
        }
        while (at != start);
        if (cameBy == first && corners.Count > 1) corners.RemoveAt(0);
        return (twiceArea / 2, corners);
    }
}
