using PaliGemma.Configuration;
using PaliGemma.Generation;

namespace PaliGemma.Tests.Generation;

public sealed class ImageFeatureCacheTests : IDisposable
{
    /// <summary>Bytes of one picture of model E: 256 tokens of 48 floats.</summary>
    private const long OnePicture = 256 * 48 * sizeof(float);

    private readonly CountingModel _model = new();

    public void Dispose() => _model.Dispose();

    [Fact]
    public void The_same_pixels_are_encoded_once_whatever_array_they_are_in()
    {
        using ImageFeatureCache cache = new(_model, 10 * OnePicture);
        using ImageFeatureLease first = cache.Rent(Picture(1));
        using ImageFeatureLease second = cache.Rent(Picture(1));
        using ImageFeatureLease other = cache.Rent(Picture(2));
        Assert.Same(first.Features, second.Features);
        Assert.NotSame(first.Features, other.Features);
        Assert.Equal(2, _model.Encoded.Count);
    }

    [Fact]
    public void The_pictures_used_last_are_kept_up_to_the_capacity()
    {
        using ImageFeatureCache cache = new(_model, 2 * OnePicture);
        cache.Rent(Picture(1)).Dispose();
        cache.Rent(Picture(2)).Dispose();
        cache.Rent(Picture(1)).Dispose();
        cache.Rent(Picture(3)).Dispose();
        Assert.Equal([false, true, false], _model.Encoded.Select(features => features.IsDisposed));
        Assert.Equal(2, cache.Count);
        cache.Rent(Picture(1)).Dispose();
        Assert.Equal(3, _model.Encoded.Count);
    }

    [Fact]
    public void Features_in_use_stay_although_they_are_over_the_capacity()
    {
        using ImageFeatureCache cache = new(_model, 0);
        ImageFeatureLease lease = cache.Rent(Picture(1));
        ImageFeatureLease second = cache.Rent(Picture(1));
        lease.Dispose();
        lease.Dispose();
        Assert.False(_model.Encoded[0].IsDisposed);
        second.Dispose();
        Assert.True(_model.Encoded[0].IsDisposed);
        Assert.Equal(0, cache.Count);
    }

    [Fact]
    public void Disposing_the_cache_disposes_what_is_idle_at_once_and_what_is_in_use_when_it_is_given_back()
    {
        ImageFeatureCache cache = new(_model, 10 * OnePicture);
        ImageFeatureLease lease = cache.Rent(Picture(1));
        cache.Rent(Picture(2)).Dispose();
        cache.Dispose();
        Assert.Equal([false, true], _model.Encoded.Select(features => features.IsDisposed));
        lease.Dispose();
        Assert.True(_model.Encoded[0].IsDisposed);
        Assert.Throws<ObjectDisposedException>(() => cache.Rent(Picture(1)));
    }

    [Fact]
    public void A_picture_that_cannot_be_encoded_leaves_nothing_behind_and_may_be_tried_again()
    {
        using ImageFeatureCache cache = new(_model, 10 * OnePicture);
        _model.Failure = new OperationCanceledException();
        Assert.Throws<OperationCanceledException>(() => cache.Rent(Picture(1)));
        Assert.Equal(0, cache.Count);
        _model.Failure = null;
        cache.Rent(Picture(1)).Dispose();
        Assert.Equal(1, cache.Count);
    }

    [Fact]
    public void Threads_that_want_the_same_picture_wait_for_the_one_that_encodes_it()
    {
        using ImageFeatureCache cache = new(_model, 3 * OnePicture);
        Parallel.For(0, 200, i =>
        {
            using ImageFeatureLease lease = cache.Rent(Picture(i % 3));
            Assert.False(((Features)lease.Features).IsDisposed);
        });
        Assert.Equal(3, _model.Encoded.Count);
        Parallel.For(0, 200, i =>
        {
            using ImageFeatureLease lease = cache.Rent(Picture(i % 7));
            Assert.False(((Features)lease.Features).IsDisposed);
        });
        Assert.Equal(3, cache.Count);
    }

    private static float[] Picture(int number) => [number, number + 0.5f];

    private sealed class Features : ImageFeatures
    {
        public bool IsDisposed { get; private set; }

        public override int TokenCount => 256;

        protected override void Dispose(bool disposing)
        {
            IsDisposed = true;
            base.Dispose(disposing);
        }
    }

    private sealed class CountingModel : IPaliGemmaModel
    {
        private readonly Lock _gate = new();

        public List<Features> Encoded { get; } = [];

        public Exception? Failure { get; set; }

        public PaliGemmaConfig Config { get; } = PaliGemmaConfig.Load(Goldens.Path("models", "E"));

        public ImageFeatures EncodeImage(ReadOnlyMemory<float> pixels, CancellationToken cancellation = default)
        {
            if (Failure is not null)
            {
                throw Failure;
            }
            Features features = new();
            lock (_gate)
            {
                Encoded.Add(features);
            }
            return features;
        }

        public IDecodingState Prefill(
            IReadOnlyList<ImageFeatures> images, ReadOnlyMemory<int> tokens, CancellationToken cancellation = default) =>
            throw new NotSupportedException();

        public void Append(IReadOnlyList<IDecodingState> states, ReadOnlyMemory<int> tokens, CancellationToken cancellation = default) =>
            throw new NotSupportedException();

        public void ComputeLogits(IReadOnlyList<IDecodingState> states, Span<float> logits) => throw new NotSupportedException();

        public void ComputeLogits(IDecodingState state, ReadOnlySpan<int> tokens, Span<float> logits) => throw new NotSupportedException();

        public void Dispose()
        {
        }
    }
}
