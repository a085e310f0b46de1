using System.Numerics;

namespace PaliGemma.Training.Data;

/// <summary>
/// A random order of the numbers below a count, in constant memory: a Feistel network (Luby and Rackoff, 1988) over the next power of four,
/// walked along until it lands below the count.
/// </summary>
/// <param name="count">At least 1.</param>
/// <param name="seed">Different seeds give different orders.</param>
internal readonly struct Permutation(int count, ulong seed)
{
    private const int Rounds = 4;

    private readonly int _halfBits = Math.Max(1, (BitOperations.Log2((uint)count) + 2) / 2);

    /// <summary>The number at a place of the order.</summary>
    public int this[int place]
    {
        get
        {
            uint value = (uint)place;
            do
            {
                value = Encrypt(value);
            }
            while (value >= (uint)count);
            return (int)value;
        }
    }

    private uint Encrypt(uint value)
    {
        uint mask = (1u << _halfBits) - 1;
        uint left = value >> _halfBits;
        uint right = value & mask;
        for (uint round = 0; round < Rounds; round++)
        {
            uint mixed = (uint)SplitMix64.Derive(seed, ((ulong)round << 32) | right) & mask;
            (left, right) = (right, left ^ mixed);
        }
        return (left << _halfBits) | right;
    }
}
