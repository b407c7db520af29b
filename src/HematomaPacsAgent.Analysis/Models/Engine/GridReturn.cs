using System.Numerics.Tensors;

namespace HematomaPacsAgent.Analysis.Models.Engine;

/// <summary>Values on the model's grid brought back to the source, slice by slice.</summary>
internal sealed class GridReturn(GridPlan plan)
{
    private readonly int width = plan.X.Count, height = plan.Y.Count;

    public GridPlan Plan => plan;

    /// <summary>
    /// What is needed for one source slice; null where it lies outside the grid. Keeps nothing of the fields: one for each thread and slice.
    /// </summary>
    public ReturningSlice? Slice(int sourceSlice)
    {
        if (sourceSlice < plan.Box.FirstSlice || sourceSlice > plan.Box.LastSlice) return null;
        int k = plan.FlipZ ? plan.Box.LastSlice - sourceSlice : sourceSlice - plan.Box.FirstSlice;
        Place[] through = Places([plan.Z.Back(k, 0)], plan.Z.Count, plan.OrderBack(0));
        if (through[0].Low < 0) return null;
        Place[] across = Places([.. Enumerable.Range(0, plan.Box.Columns).Select(x => plan.X.Back(x, plan.AcrossMm(k)))], width, plan.OrderBack(2));
        Place[] down = Places([.. Enumerable.Range(0, plan.Box.Rows).Select(y => plan.Y.Back(y, plan.DownMm(k)))], height, plan.OrderBack(1));
        if (plan.FlipX) Array.Reverse(across);
        if (plan.FlipY) Array.Reverse(down);
        return new ReturningSlice(plan, through[0], down, across);
    }

    /// <summary>A whole slice of the source, row by row; NaN where the grid has no values.</summary>
    /// <param name="field">[z, y, x] on the grid.</param>
    public float[] SliceOf(float[] field, int sourceSlice)
    {
        VolumeGeometry source = plan.Source;
        float[] values = new float[source.PixelsPerSlice];
        Array.Fill(values, float.NaN);
        if (Slice(sourceSlice) is not { } way) return values;
        SourceBox box = way.Box;
        for (int row = box.FirstRow; row <= box.LastRow; row++)
            if (way.HasRow(row)) way.Row(field, row, values.AsSpan(row * source.Columns + box.FirstColumn, box.Columns));
        return values;
    }

    /// <summary>Whether every voxel of a mask has values on the grid.</summary>
    public bool Covers(Mask mask)
    {
        for (int slice = 0; slice < mask.Geometry.Slices; slice++)
            if (mask.Slice(slice).Contains(true) && (Slice(slice) is not { } way || !way.Covers(mask.Slice(slice)))) return false;
        return true;
    }

    private static Place[] Places(double[] at, int count, int order) => [.. at.Select(place =>
    {
        if (place < -0.5 - 1e-6 || place > count - 0.5 + 1e-6) return new Place(-1, 0);
        double inside = Math.Clamp(place, 0, count - 1);
        if (order == 0) return new Place(Math.Min((int)Math.Floor(inside + 0.5 + 1e-9), count - 1), 0);
        int low = Math.Min((int)inside, count - 1);
        return new Place(low, low == count - 1 ? 0 : (float)(inside - low));
    })];

    /// <param name="Low">The voxel below; -1 outside the grid.</param>
    /// <param name="Share">Of the voxel above.</param>
    internal readonly record struct Place(int Low, float Share);
}

/// <summary>One source slice on its way back.</summary>
internal sealed class ReturningSlice(GridPlan plan, GridReturn.Place through, GridReturn.Place[] down, GridReturn.Place[] across)
{
    private readonly int width = plan.X.Count;
    private readonly float[] lower = new float[plan.X.Count], upper = new float[plan.X.Count];

    public SourceBox Box => plan.Box;

    /// <summary>The slices of the grid that it is made of.</summary>
    public int LowestZ => through.Low;

    public int HighestZ => through.Share == 0 ? through.Low : through.Low + 1;

    /// <summary>The box of the grid, the ends included, from which the voxels of a mask are made; null where it has none on the grid.</summary>
    /// <param name="mask">The whole slice of the source.</param>
    public (int Top, int Bottom, int Left, int Right)? Reach(ReadOnlySpan<bool> mask)
    {
        int top = int.MaxValue, bottom = -1, left = int.MaxValue, right = -1;
        for (int row = 0; row < down.Length; row++)
        {
            ReadOnlySpan<bool> line = mask.Slice((plan.Box.FirstRow + row) * plan.Source.Columns + plan.Box.FirstColumn, plan.Box.Columns);
            int first = line.IndexOf(true);
            if (first < 0 || down[row].Low < 0) continue;
            (top, bottom) = (Math.Min(top, down[row].Low), Math.Max(bottom, down[row].Low + 1));
            foreach (GridReturn.Place place in (ReadOnlySpan<GridReturn.Place>)[across[first], across[line.LastIndexOf(true)]])
                (left, right) = place.Low < 0 ? (0, width - 1) : (Math.Min(left, place.Low), Math.Max(right, place.Low + 1));
        }

        return bottom < 0 || right < 0 ? null : (top, bottom, left, right);
    }

    /// <summary>Whether each voxel of a mask has values on the grid.</summary>
    /// <param name="mask">The whole slice of the source.</param>
    public bool Covers(ReadOnlySpan<bool> mask)
    {
        for (int at = mask.IndexOf(true); at >= 0 && at < mask.Length;)
        {
            int row = at / plan.Source.Columns - plan.Box.FirstRow, end = Math.Min((at / plan.Source.Columns + 1) * plan.Source.Columns, mask.Length);
            int first = at % plan.Source.Columns - plan.Box.FirstColumn, last = mask[at..end].LastIndexOf(true) + first;
            if (row < 0 || row >= down.Length || first < 0 || last >= across.Length || down[row].Low < 0 || across[first].Low < 0 || across[last].Low < 0) return false;
            int next = mask[end..].IndexOf(true);
            at = next < 0 ? -1 : end + next;
        }

        return true;
    }

    /// <summary>Whether a row of the box, by its index in the source, has values.</summary>
    public bool HasRow(int row) => down[row - plan.Box.FirstRow].Low >= 0;

    /// <summary>One row of the box in the source's order; NaN outside the grid.</summary>
    /// <param name="field">[z, y, x] on the grid.</param>
    public void Row(float[] field, int row, Span<float> values)
    {
        GridReturn.Place at = down[row - plan.Box.FirstRow];
        Line(field, at.Low, lower);
        if (at.Share != 0)
        {
            Line(field, at.Low + 1, upper);
            Blend(lower, upper, at.Share);
        }

        for (int x = 0; x < across.Length; x++)
        {
            (int low, float share) = across[x];
            values[x] = low < 0 ? float.NaN : share == 0 ? lower[low] : lower[low] * (1 - share) + lower[low + 1] * share;
        }
    }

    private void Line(float[] field, int y, float[] line)
    {
        int plane = width * plan.Y.Count, from = through.Low * plane + y * width;
        field.AsSpan(from, width).CopyTo(line);
        if (through.Share != 0) Blend(line, field.AsSpan(from + plane, width), through.Share);
    }

    private static void Blend(Span<float> line, ReadOnlySpan<float> other, float share)
    {
        TensorPrimitives.Multiply(line, 1 - share, line);
        TensorPrimitives.MultiplyAdd(other, share, line, line);
    }
}
