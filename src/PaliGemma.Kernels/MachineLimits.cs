using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using PaliGemma.Kernels.Simd;

namespace PaliGemma.Kernels;

/// <summary>
/// What the processor can do at best, measured: the rates that benchmarks are compared with. Machines are shared and change their clock, so measure these in
/// the same run as what is compared with them.
/// </summary>
public static unsafe class MachineLimits
{
    /// <summary>Multiply-adds that are independent of each other: enough to hide their latency on every processor.</summary>
    private const int Chains = 12;

    /// <summary>The same for products of bytes, whose chains are three instructions long.</summary>
    private const int ByteChains = 8;

    /// <summary>Multiply-adds on float32 registers, on all threads of the pool, in floating-point operations per second.</summary>
    /// <param name="pool">The threads.</param>
    /// <param name="duration">How long to measure.</param>
    public static double MeasureMultiplyAdd(WorkerPool pool, TimeSpan duration)
    {
        const double Batch = 1e8;
        return PerSecond(duration, () => RunMultiplyAdds(pool, Batch));
    }

    /// <summary>Does <paramref name="operations"/> floating-point operations as multiply-adds on registers, shared by all threads of the pool.</summary>
    /// <returns>The operations done, rounded up to whole rounds.</returns>
    public static double RunMultiplyAdds(WorkerPool pool, double operations)
    {
        ArgumentNullException.ThrowIfNull(pool);
        int lanes = Vector512.IsHardwareAccelerated ? Lanes512.Count : Vector256.IsHardwareAccelerated ? Lanes256.Count : Lanes128.Count;
        double perRound = 2.0 * Chains * lanes * pool.ThreadCount;
        long rounds = (long)Math.Ceiling(operations / perRound);
        pool.For(pool.ThreadCount, _ =>
        {
            if (Vector512.IsHardwareAccelerated)
            {
                Spin<Lanes512, Vector512<float>>(rounds);
            }
            else if (Vector256.IsHardwareAccelerated)
            {
                Spin<Lanes256, Vector256<float>>(rounds);
            }
            else
            {
                Spin<Lanes128, Vector128<float>>(rounds);
            }
        });
        return rounds * perRound;
    }

    /// <summary>
    /// Products of bytes on registers, unsigned by signed, added up in pairs and then in fours (<c>vpmaddubsw</c>, <c>vpmaddwd</c>, an addition), on all threads of
    /// the pool, in operations per second; a product and its addition count as two.
    /// </summary>
    /// <param name="pool">The threads.</param>
    /// <param name="duration">How long to measure.</param>
    public static double MeasureInt8(WorkerPool pool, TimeSpan duration)
    {
        ArgumentNullException.ThrowIfNull(pool);
        return PerSecond(duration, () => RunByteProducts(pool));
    }

    /// <summary>Reads memory once from start to end on all threads of the pool, in bytes per second.</summary>
    /// <param name="pool">The threads.</param>
    /// <param name="memory">Together much larger than the caches; the end of a region, less than 1 MiB, is left out.</param>
    /// <remarks>Which pages of memory these are matters on virtual machines: measure on those that the compared work reads.</remarks>
    public static double MeasureRead(WorkerPool pool, IReadOnlyList<MemoryRegion> memory)
    {
        ArgumentNullException.ThrowIfNull(pool);
        ArgumentNullException.ThrowIfNull(memory);
        const int TaskBytes = 1 << 20;
        (MemoryRegion Region, int Task)[] tasks =
        [
            .. memory.SelectMany(region => Enumerable.Range(0, (int)(region.Length / TaskBytes)).Select(task => (region, task))),
        ];
        long began = Stopwatch.GetTimestamp();
        pool.For(tasks.Length, index => Consume(tasks[index].Region.Pointer + ((long)tasks[index].Task * TaskBytes), TaskBytes));
        return (double)tasks.Length * TaskBytes / Stopwatch.GetElapsedTime(began).TotalSeconds;
    }

    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static float Spin<TLanes, TVector>(long rounds)
        where TLanes : ILanes<TVector>
        where TVector : unmanaged
    {
        TVector scale = TLanes.Create(0.5f);
        TVector one = TLanes.Create(1);
        TVector c0 = one, c1 = one, c2 = one, c3 = one, c4 = one, c5 = one, c6 = one, c7 = one, c8 = one, c9 = one, c10 = one, c11 = one;
        for (long i = 0; i < rounds; i++)
        {
            c0 = TLanes.MultiplyAdd(c0, scale, one);
            c1 = TLanes.MultiplyAdd(c1, scale, one);
            c2 = TLanes.MultiplyAdd(c2, scale, one);
            c3 = TLanes.MultiplyAdd(c3, scale, one);
            c4 = TLanes.MultiplyAdd(c4, scale, one);
            c5 = TLanes.MultiplyAdd(c5, scale, one);
            c6 = TLanes.MultiplyAdd(c6, scale, one);
            c7 = TLanes.MultiplyAdd(c7, scale, one);
            c8 = TLanes.MultiplyAdd(c8, scale, one);
            c9 = TLanes.MultiplyAdd(c9, scale, one);
            c10 = TLanes.MultiplyAdd(c10, scale, one);
            c11 = TLanes.MultiplyAdd(c11, scale, one);
        }
        TVector sum = TLanes.Add(TLanes.Add(TLanes.Add(c0, c1), TLanes.Add(c2, c3)), TLanes.Add(TLanes.Add(c4, c5), TLanes.Add(c6, c7)));
        return TLanes.Sum(TLanes.Add(sum, TLanes.Add(TLanes.Add(c8, c9), TLanes.Add(c10, c11))));
    }

    /// <summary>Loads every line, so that nothing can be left out, and does as little as possible with it.</summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static long Consume(byte* start, int length)
    {
        // Four streams, as in the matrix-vector product.
        int quarter = length / 4;
        Vector256<long> a = default, b = default, c = default, d = default;
        for (int i = 0; i < quarter; i += 64)
        {
            Prefetch.Near(start + i + 1024);
            Prefetch.Near(start + quarter + i + 1024);
            Prefetch.Near(start + (2 * quarter) + i + 1024);
            Prefetch.Near(start + (3 * quarter) + i + 1024);
            a ^= Vector256.Load((long*)(start + i)) ^ Vector256.Load((long*)(start + i + 32));
            b ^= Vector256.Load((long*)(start + quarter + i)) ^ Vector256.Load((long*)(start + quarter + i + 32));
            c ^= Vector256.Load((long*)(start + (2 * quarter) + i)) ^ Vector256.Load((long*)(start + (2 * quarter) + i + 32));
            d ^= Vector256.Load((long*)(start + (3 * quarter) + i)) ^ Vector256.Load((long*)(start + (3 * quarter) + i + 32));
        }
        return Vector256.Sum(a ^ b ^ c ^ d);
    }

    /// <summary>What <paramref name="run"/> says that it did, again and again, per second.</summary>
    private static double PerSecond(TimeSpan duration, Func<double> run)
    {
        long began = Stopwatch.GetTimestamp();
        double operations = 0;
        while (Stopwatch.GetElapsedTime(began) < duration)
        {
            operations += run();
        }
        return operations / Stopwatch.GetElapsedTime(began).TotalSeconds;
    }

    private static double RunByteProducts(WorkerPool pool)
    {
        const int Rounds = 10_000;
        int lanes = Vector512.IsHardwareAccelerated ? Vector512<byte>.Count : Vector256.IsHardwareAccelerated ? Vector256<byte>.Count : Vector128<byte>.Count;
        pool.For(pool.ThreadCount, _ =>
        {
            if (Vector512.IsHardwareAccelerated)
            {
                SpinBytes512(Rounds);
            }
            else if (Vector256.IsHardwareAccelerated)
            {
                SpinBytes256(Rounds);
            }
            else
            {
                SpinBytes128(Rounds);
            }
        });
        return 2.0 * Rounds * ByteChains * lanes * pool.ThreadCount;
    }

    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static int SpinBytes512(int rounds)
    {
        Vector512<byte> bytes = Vector512.Create((byte)1);
        Vector512<short> ones = Vector512<short>.One;
        Vector512<int> a = default, b = default, c = default, d = default, e = default, f = default, g = default, h = default;
        for (int i = 0; i < rounds; i++)
        {
            a += PairLanes512.MultiplyPairs(QuadLanes512.MultiplyBytes(bytes, a.AsSByte()), ones);
            b += PairLanes512.MultiplyPairs(QuadLanes512.MultiplyBytes(bytes, b.AsSByte()), ones);
            c += PairLanes512.MultiplyPairs(QuadLanes512.MultiplyBytes(bytes, c.AsSByte()), ones);
            d += PairLanes512.MultiplyPairs(QuadLanes512.MultiplyBytes(bytes, d.AsSByte()), ones);
            e += PairLanes512.MultiplyPairs(QuadLanes512.MultiplyBytes(bytes, e.AsSByte()), ones);
            f += PairLanes512.MultiplyPairs(QuadLanes512.MultiplyBytes(bytes, f.AsSByte()), ones);
            g += PairLanes512.MultiplyPairs(QuadLanes512.MultiplyBytes(bytes, g.AsSByte()), ones);
            h += PairLanes512.MultiplyPairs(QuadLanes512.MultiplyBytes(bytes, h.AsSByte()), ones);
        }
        return Vector512.Sum(a ^ b ^ c ^ d ^ e ^ f ^ g ^ h);
    }

    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static int SpinBytes256(int rounds)
    {
        Vector256<byte> bytes = Vector256.Create((byte)1);
        Vector256<short> ones = Vector256<short>.One;
        Vector256<int> a = default, b = default, c = default, d = default, e = default, f = default, g = default, h = default;
        for (int i = 0; i < rounds; i++)
        {
            a += PairLanes256.MultiplyPairs(QuadLanes256.MultiplyBytes(bytes, a.AsSByte()), ones);
            b += PairLanes256.MultiplyPairs(QuadLanes256.MultiplyBytes(bytes, b.AsSByte()), ones);
            c += PairLanes256.MultiplyPairs(QuadLanes256.MultiplyBytes(bytes, c.AsSByte()), ones);
            d += PairLanes256.MultiplyPairs(QuadLanes256.MultiplyBytes(bytes, d.AsSByte()), ones);
            e += PairLanes256.MultiplyPairs(QuadLanes256.MultiplyBytes(bytes, e.AsSByte()), ones);
            f += PairLanes256.MultiplyPairs(QuadLanes256.MultiplyBytes(bytes, f.AsSByte()), ones);
            g += PairLanes256.MultiplyPairs(QuadLanes256.MultiplyBytes(bytes, g.AsSByte()), ones);
            h += PairLanes256.MultiplyPairs(QuadLanes256.MultiplyBytes(bytes, h.AsSByte()), ones);
        }
        return Vector256.Sum(a ^ b ^ c ^ d ^ e ^ f ^ g ^ h);
    }

    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static int SpinBytes128(int rounds)
    {
        Vector128<byte> bytes = Vector128.Create((byte)1);
        Vector128<short> ones = Vector128<short>.One;
        Vector128<int> a = default, b = default, c = default, d = default, e = default, f = default, g = default, h = default;
        for (int i = 0; i < rounds; i++)
        {
            a += PairLanes128.MultiplyPairs(QuadLanes128.MultiplyBytes(bytes, a.AsSByte()), ones);
            b += PairLanes128.MultiplyPairs(QuadLanes128.MultiplyBytes(bytes, b.AsSByte()), ones);
            c += PairLanes128.MultiplyPairs(QuadLanes128.MultiplyBytes(bytes, c.AsSByte()), ones);
            d += PairLanes128.MultiplyPairs(QuadLanes128.MultiplyBytes(bytes, d.AsSByte()), ones);
            e += PairLanes128.MultiplyPairs(QuadLanes128.MultiplyBytes(bytes, e.AsSByte()), ones);
            f += PairLanes128.MultiplyPairs(QuadLanes128.MultiplyBytes(bytes, f.AsSByte()), ones);
            g += PairLanes128.MultiplyPairs(QuadLanes128.MultiplyBytes(bytes, g.AsSByte()), ones);
            h += PairLanes128.MultiplyPairs(QuadLanes128.MultiplyBytes(bytes, h.AsSByte()), ones);
        }
        return Vector128.Sum(a ^ b ^ c ^ d ^ e ^ f ^ g ^ h);
    }
}
