using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace PaliGemma.Generation;

/// <summary>
/// Keeps the features of the pictures seen last, so that several prompts about a picture encode it once. Pictures are told apart by the
/// content of their pixels, not by file or object. Several threads may use it: one encodes a picture, and others that want it wait for it.
/// </summary>
/// <param name="model">Encodes the pictures; not owned.</param>
/// <param name="capacity">
/// Bytes of features to keep, counted as 32-bit floats; those in use stay, whatever their size. With 0 nothing is kept.
/// </param>
public sealed class ImageFeatureCache(IPaliGemmaModel model, long capacity) : IDisposable
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Entry> _entries = new(StringComparer.Ordinal);

    /// <summary>All entries, the one used last in front.</summary>
    private readonly LinkedList<Entry> _order = new();

    private long _bytes;
    private long _hits;
    private long _misses;
    private bool _disposed;

    /// <summary>Pictures that are kept or in use.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _entries.Count;
            }
        }
    }

    /// <summary>How often a picture's features were there.</summary>
    public long Hits => Interlocked.Read(ref _hits);

    /// <summary>How often a picture was encoded.</summary>
    public long Misses => Interlocked.Read(ref _misses);

    /// <summary>Takes a picture's features from the cache, or encodes it.</summary>
    /// <param name="pixels">[3, size, size], as <see cref="IPaliGemmaModel.EncodeImage"/> takes them.</param>
    /// <param name="cancellation">Stops the encoding between layers.</param>
    /// <returns>The features, which stay until the result is disposed.</returns>
    /// <exception cref="ArgumentException">The number of pixels is not the model's.</exception>
    public ImageFeatureLease Rent(ReadOnlyMemory<float> pixels, CancellationToken cancellation = default)
    {
        // A cryptographic hash: whoever sends pictures to a server must not be able to make two that are taken for one.
        string content = Convert.ToHexString(SHA256.HashData(MemoryMarshal.AsBytes(pixels.Span)));
        Entry entry = Take(content);
        try
        {
            lock (entry.Encoding)
            {
                if (entry.Features is null)
                {
                    ImageFeatures features = model.EncodeImage(pixels, cancellation);
                    lock (_gate)
                    {
                        entry.Features = features;
                        entry.Bytes = (long)features.TokenCount * model.Config.ProjectionSize * sizeof(float);
                        _bytes += entry.Bytes;
                    }
                    Interlocked.Increment(ref _misses);
                }
                else
                {
                    Interlocked.Increment(ref _hits);
                }
                return new ImageFeatureLease(entry.Features, () => Return(entry));
            }
        }
        catch
        {
            Return(entry);
            throw;
        }
    }

    /// <summary>Disposes the features; those in use when they are given back.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
            RemoveIdle();
        }
    }

    private Entry Take(string content)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (_entries.TryGetValue(content, out Entry? entry))
            {
                _order.Remove(entry);
            }
            else
            {
                _entries.Add(content, entry = new Entry(content));
            }
            entry.Users++;
            _order.AddFirst(entry);
            return entry;
        }
    }

    private void Return(Entry entry)
    {
        lock (_gate)
        {
            entry.Users--;
            RemoveIdle();
        }
    }

    /// <summary>
    /// Removes what nobody uses: what could not be encoded, and as many pictures, the longest unused first, as are over the capacity.
    /// </summary>
    private void RemoveIdle()
    {
        LinkedListNode<Entry>? previous;
        for (LinkedListNode<Entry>? node = _order.Last; node is not null; node = previous)
        {
            previous = node.Previous;
            Entry entry = node.Value;
            if (entry.Users == 0 && (entry.Features is null || _disposed || _bytes > capacity))
            {
                _order.Remove(node);
                _entries.Remove(entry.Content);
                _bytes -= entry.Bytes;
                entry.Features?.Dispose();
            }
        }
    }

    private sealed class Entry(string content)
    {
        public string Content => content;

        /// <summary>Held while the picture is being encoded.</summary>
        public Lock Encoding { get; } = new();

        public ImageFeatures? Features { get; set; }

        public long Bytes { get; set; }

        public int Users { get; set; }
    }
}
