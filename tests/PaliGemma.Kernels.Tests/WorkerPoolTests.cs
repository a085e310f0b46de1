namespace PaliGemma.Kernels.Tests;

public class WorkerPoolTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    public void Every_task_runs_exactly_once(int threads)
    {
        using WorkerPool pool = new(threads);
        for (int count = 0; count < 200; count++)
        {
            int[] runs = new int[count];
            pool.For(count, i => Interlocked.Increment(ref runs[i]));
            Assert.All(runs, run => Assert.Equal(1, run));
        }
    }

    [Fact]
    public void Ranges_cover_everything_once_and_start_at_multiples()
    {
        using WorkerPool pool = new(3);
        for (int length = 0; length < 100; length++)
        {
            int[] runs = new int[length];
            pool.ForRanges(length, 8, (start, end) =>
            {
                Assert.Equal(0, start % 8);
                for (int i = start; i < end; i++)
                {
                    Interlocked.Increment(ref runs[i]);
                }
            });
            Assert.All(runs, run => Assert.Equal(1, run));
        }
    }

    [Fact]
    public void A_task_may_start_tasks_of_its_own_and_threads_may_call_at_once()
    {
        using WorkerPool pool = new(2);
        int sum = 0;
        Parallel.For(0, 8, _ => pool.For(10, _ => pool.For(10, _ => Interlocked.Increment(ref sum))));
        Assert.Equal(800, sum);
    }

    [Fact]
    public void An_exception_reaches_the_caller_and_the_pool_goes_on()
    {
        using WorkerPool pool = new(2);
        Assert.Throws<InvalidOperationException>(() => pool.For(50, i => _ = i == 33 ? throw new InvalidOperationException() : i));
        int runs = 0;
        pool.For(50, _ => Interlocked.Increment(ref runs));
        Assert.Equal(50, runs);
    }

    [Fact]
    public void After_disposal_it_refuses_work()
    {
        WorkerPool pool = new(2);
        pool.Dispose();
        pool.Dispose();
        Assert.Throws<ObjectDisposedException>(() => pool.For(1, _ => { }));
    }
}
