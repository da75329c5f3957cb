//! The adapter that the tests of the wgpu backend run on. Without one they fail: a check that does not run is no check.

use nanomold::backend::gpu::{Gpu, Outer};
use std::sync::Arc;

/// A device on the first adapter there is.
pub fn open(outer: Outer) -> Arc<Gpu> {
    let instance =
        wgpu::Instance::new(wgpu::InstanceDescriptor::new_without_display_handle_from_env());
    let adapters = pollster::block_on(instance.enumerate_adapters(wgpu::Backends::all()));
    let adapter = adapters
        .first()
        .expect("an adapter: on Debian, mesa-vulkan-drivers has a software one");
    Arc::new(Gpu::open(adapter, outer).expect("the device opens"))
}
