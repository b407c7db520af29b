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
